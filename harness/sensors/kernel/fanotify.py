"""Opens of single files, by inode: whatever name, link or path leads there."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLOEXEC, _NONBLOCK, _UNLIMITED_MARKS = 0x1, 0x2, 0x20
_MARK_ADD = 0x1
_OPEN, _OVERFLOW = 0x20, 0x4000
# struct fanotify_event_metadata
_EVENT = struct.Struct("=IBBHQii")
_READ_BYTES = 64 * 1024
_OPENAT2 = 437
_NO_MAGIC, _NO_SYMLINKS, _IN_ROOT = 0x02, 0x04, 0x10


@dataclass(frozen=True)
class Opened:
    """A process opened a marked inode."""

    pid: int
    inode: tuple[int, int]


@dataclass(frozen=True)
class Overflow:
    """The kernel dropped events."""


def open_group() -> int:
    """A descriptor that events come from. Raises OSError."""
    flags = _CLOEXEC | _NONBLOCK | _UNLIMITED_MARKS
    return _checked(_LIBC.fanotify_init(flags, os.O_RDONLY | os.O_CLOEXEC | os.O_LARGEFILE))


def mark(group: int, descriptor: int) -> None:
    """Watch the opens of an open file. It ends with the inode. Raises OSError."""
    mask = ctypes.c_uint64(_OPEN)
    _checked(_LIBC.fanotify_mark(group, _MARK_ADD, mask, descriptor, None))


def unmark(group: int, descriptor: int) -> None:
    """Watch it no more. Raises OSError."""
    remove = 0x2
    mask = ctypes.c_uint64(_OPEN)
    _checked(_LIBC.fanotify_mark(group, remove, mask, descriptor, None))


def inode_of(descriptor: int) -> tuple[int, int]:
    """What names a file whatever its path."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def opens(group: int) -> Iterator[Opened | Overflow]:
    """The events that wait."""
    while True:
        try:
            data = os.read(group, _READ_BYTES)
        except BlockingIOError:
            return
        at = 0
        while at + _EVENT.size <= len(data):
            length, _, _, _, mask, descriptor, pid = _EVENT.unpack_from(data, at)
            at += length
            if mask & _OVERFLOW or descriptor < 0:
                yield Overflow()
                continue
            try:
                yield Opened(pid, inode_of(descriptor))
            finally:
                os.close(descriptor)


class _How(ctypes.Structure):
    """The kernel's struct open_how."""

    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def open_inside(root: int, path: str) -> int:
    """A regular file below the root directory `root`, which no planted link leads out of.

    Raises OSError: also for a link anywhere in the path, and for what is no regular file.
    """
    how = _How(os.O_PATH | os.O_CLOEXEC, 0, _NO_MAGIC | _NO_SYMLINKS | _IN_ROOT)
    place = _checked(
        _LIBC.syscall(_OPENAT2, root, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
    )
    try:
        if not stat.S_ISREG(os.fstat(place).st_mode):
            msg = f"{path} is no regular file"
            raise OSError(msg)
        return reopen(place)
    finally:
        os.close(place)


def reopen(descriptor: int) -> int:
    """Open the same file once more: the nonce of a mark."""
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
