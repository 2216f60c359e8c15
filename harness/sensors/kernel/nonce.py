"""What the watcher does itself, to see whether the kernel still tells it.

Each is done by a child, and comes back through the channel that a container's deeds come through.
It proves that the watcher is told and keeps up; it says nothing about a container's own filter.
"""

from __future__ import annotations

import ctypes
import os
import resource
import secrets
from collections.abc import Callable

_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_KILL_PROCESS, _ALLOW = 0x80000000, 0x7FFF0000
_NOBODY = 65534


class _Instruction(ctypes.Structure):
    """The kernel's struct sock_filter."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("true", ctypes.c_uint8),
        ("false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    """The kernel's struct sock_fprog."""

    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def killed_call() -> int:
    """Have a child killed for a call that does not exist; the call's random number."""
    number = 100_000 + secrets.randbelow(1_000_000_000)
    listed = (_Instruction * 4)(
        _Instruction(_LOAD, 0, 0, 0),
        _Instruction(_EQUAL, 0, 1, number),
        _Instruction(_RETURN, 0, 0, _KILL_PROCESS),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    )
    program = _Program(len(listed), listed)

    def call() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        _LIBC.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)
        _LIBC.syscall(number)

    _in_child(call)
    return number


def back_to_root() -> int:
    """Have a child drop root and take it again; the child's pid."""

    def change() -> None:
        os.setresuid(_NOBODY, _NOBODY, 0)
        os.setresuid(0, 0, 0)

    return _in_child(change)


def _in_child(act: Callable[[], object]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return pid
