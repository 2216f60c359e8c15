"""System calls by number, as audit records name them: those that docker/seccomp kills."""

from __future__ import annotations

from collections.abc import Mapping

# AUDIT_ARCH_... of the kernel's include/uapi/linux/audit.h
_ARCHITECTURES = (0xC000003E, 0xC00000B7, 0x40000003, 0x40000028)
_X32_BIT = 0x40000000
# Numbers on x86-64, aarch64, i386, 32-bit arm; None where there is no such call.
_NUMBERS: Mapping[str, tuple[int | None, ...]] = {
    "acct": (163, 89, 51, 51),
    "bpf": (321, 280, 357, 386),
    "create_module": (174, None, 127, None),
    "delete_module": (176, 106, 129, 129),
    "finit_module": (313, 273, 350, 379),
    "init_module": (175, 105, 128, 128),
    "ioperm": (173, None, 101, None),
    "iopl": (172, None, 110, None),
    "kexec_file_load": (320, 294, None, 401),
    "kexec_load": (246, 104, 283, 347),
    "nfsservctl": (180, 42, 169, 169),
    "open_by_handle_at": (304, 265, 342, 371),
    "perf_event_open": (298, 241, 336, 364),
    "pivot_root": (155, 41, 217, 218),
    "quotactl": (179, 60, 131, 131),
    "quotactl_fd": (443, 443, 443, 443),
    "reboot": (169, 142, 88, 88),
    "setns": (308, 268, 346, 375),
    "swapoff": (168, 225, 115, 115),
    "swapon": (167, 224, 87, 87),
    "userfaultfd": (323, 282, 374, 388),
}
_NAMES: Mapping[tuple[int, int | None], str] = {
    (arch, numbers[place]): name
    for place, arch in enumerate(_ARCHITECTURES)
    for name, numbers in _NUMBERS.items()
}


def call_name(arch: int, number: int) -> str:
    """A call's name, also in its x32 form; empty for one that the filter does not kill by name.

    That is a process which confined itself, or a program of an architecture that the profile lacks.
    """
    return _NAMES.get((arch, number & ~_X32_BIT), "")
