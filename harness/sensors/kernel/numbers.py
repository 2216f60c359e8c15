"""System calls by number, as audit records name them: those that docker/seccomp kills."""

from __future__ import annotations

from collections.abc import Mapping

_X86_64, _AARCH64 = 0xC000003E, 0xC00000B7
_X32_BIT = 0x40000000
# Numbers on x86-64 and on aarch64; None where there is no such call.
_NUMBERS: Mapping[str, tuple[int, int | None]] = {
    "acct": (163, 89),
    "bpf": (321, 280),
    "create_module": (174, None),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "init_module": (175, 105),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "userfaultfd": (323, 282),
}
_NAMES: Mapping[int, Mapping[int | None, str]] = {
    _X86_64: {x86: name for name, (x86, _) in _NUMBERS.items()},
    _AARCH64: {arm: name for name, (_, arm) in _NUMBERS.items()},
}


def call_name(arch: int, number: int) -> str:
    """A call's name; its number where it has none here, with what is foreign about it."""
    if arch not in _NAMES:
        return f"call {number} of architecture {arch:#x}"
    if number & _X32_BIT:
        return f"x32 call {number - _X32_BIT}"
    return _NAMES[arch].get(number, f"call {number}")
