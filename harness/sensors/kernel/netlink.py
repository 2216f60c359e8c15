"""Two channels of Linux: what becomes of processes (proc connector), and killed calls (audit)."""

from __future__ import annotations

import errno
import os
import re
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_CONNECTOR, _AUDIT = 11, 9
_SO_RCVBUFFORCE = 33
_BUFFER_BYTES = 64 * 1024**2
_DATAGRAM_BYTES = 64 * 1024
# struct nlmsghdr; struct cn_msg up to its data; the head of struct proc_event.
_HEADER = struct.Struct("=IHHII")
_MESSAGE = struct.Struct("=IIIIHH")
_EVENT = struct.Struct("=IIQ")
_FOUR = struct.Struct("=IIII")
_TWO = struct.Struct("=II")
_FORK, _EXEC, _UID, _EXIT = 0x1, 0x2, 0x4, 0x80000000
_LISTEN = 1
_SECCOMP = 1326
_STATUS = 1000
# struct audit_status up to its field `lost`
_LOST = struct.Struct("=24xI")
_REPLY_SECONDS = 2.0


class Lost(Exception):  # noqa: N818 - what the kernel tells, no fault of ours
    """The kernel had more to say than the buffer could hold."""


@dataclass(frozen=True)
class ProcessEvent:
    """What became of a process at `time` (seconds since 1970).

    `other` is a fork's child; `uids` are real and effective ids.
    """

    kind: Literal["fork", "exec", "uid", "exit"]
    time: float
    pid: int
    other: int = 0
    uids: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class KilledCall:
    """A system call that ended its process; `time` in seconds since 1970."""

    time: float
    pid: int
    arch: int
    number: int
    comm: str
    exe: str


def open_processes() -> socket.socket:
    """The proc connector. Raises OSError where the kernel or the rights lack."""
    channel = _opened(_CONNECTOR)
    data = struct.pack("=I", _LISTEN)
    body = _MESSAGE.pack(1, 1, 0, 0, len(data), 0) + data
    channel.send(_HEADER.pack(_HEADER.size + len(body), 3, 0, 0, os.getpid()) + body)
    return channel


def open_audit() -> socket.socket:
    """The audit records that every reader gets. Raises OSError."""
    return _opened(_AUDIT)


def dropped_records() -> int | None:
    """How many audit records the kernel dropped since it started, for whatever reason.

    None where it does not say: that takes CAP_AUDIT_CONTROL, beside what reading takes.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _AUDIT) as channel:
        channel.settimeout(_REPLY_SECONDS)
        try:
            channel.sendto(_HEADER.pack(_HEADER.size, _STATUS, 1, 1, 0), (0, 0))
            data = channel.recv(_DATAGRAM_BYTES)
        except OSError:
            return None
    fits = len(data) >= _HEADER.size + _LOST.size
    if not fits or _HEADER.unpack_from(data)[1] != _STATUS:
        return None
    return int(_LOST.unpack_from(data, _HEADER.size)[0])


def dropped_between(before: int | None, after: int | None) -> int:
    """How many records were dropped between two such counts, 1 for a count that makes no sense."""
    return 0 if before == after else max(1, (after or 0) - (before or 0))


def _opened(protocol: int) -> socket.socket:
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, protocol)
    try:
        channel.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        channel.bind((0, 1))
    except OSError:
        channel.close()
        raise
    return channel


def _datagrams(channel: socket.socket) -> Iterator[bytes]:
    """What waits in a channel, from the kernel alone. Raises Lost."""
    while True:
        try:
            data, sender = channel.recvfrom(_DATAGRAM_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                raise Lost from error
            raise
        if sender[0] == 0:
            yield data


def process_events(channel: socket.socket) -> Iterator[ProcessEvent]:
    """The events of processes, not of their threads, that wait. Raises Lost."""
    start = _HEADER.size + _MESSAGE.size
    epoch = time.time() - time.monotonic()
    for data in _datagrams(channel):
        if len(data) < start + _EVENT.size + _TWO.size:
            continue
        what, _, nanoseconds = _EVENT.unpack_from(data, start)
        when = epoch + nanoseconds / 1e9
        at = start + _EVENT.size
        if what == _FORK:
            _, parent, child, group = _FOUR.unpack_from(data, at)
            if child == group:
                yield ProcessEvent("fork", when, parent, child)
        elif what == _UID:
            _, group, real, effective = _FOUR.unpack_from(data, at)
            yield ProcessEvent("uid", when, group, uids=(real, effective))
        elif what in (_EXEC, _EXIT):
            pid, group = _TWO.unpack_from(data, at)
            if what == _EXEC or pid == group:
                yield ProcessEvent("exec" if what == _EXEC else "exit", when, group)


def killed_calls(channel: socket.socket) -> Iterator[KilledCall]:
    """The killed calls that wait. Raises Lost."""
    for data in _datagrams(channel):
        if len(data) < _HEADER.size or _HEADER.unpack_from(data)[1] != _SECCOMP:
            continue
        if found := parse_killed(data[_HEADER.size :].decode("utf-8", "replace")):
            yield found


_STAMP = re.compile(r"audit\((\d+\.\d+):\d+\):")
_FIELD = re.compile(r'(\w+)=("[^"]*"|\S+)')
# SECCOMP_RET_KILL_PROCESS and SECCOMP_RET_KILL_THREAD
_KILLS = {0x80000000, 0}


def parse_killed(text: str) -> KilledCall | None:
    """A record of seccomp's; None for one that killed nothing or cannot be read.

    The process' own words (comm, exe) come quoted, or in hex when they hold a quote or a blank:
    they cannot forge a field.
    """
    stamp = _STAMP.match(text)
    fields = dict(_FIELD.findall(text.rstrip("\0\n")))
    try:
        if stamp is None or int(fields["code"], 16) not in _KILLS:
            return None
        return KilledCall(
            time=float(stamp[1]),
            pid=int(fields["pid"]),
            arch=int(fields["arch"], 16),
            number=int(fields["syscall"]),
            comm=_said(fields.get("comm", "")),
            exe=_said(fields.get("exe", "")),
        )
    except (KeyError, ValueError):
        return None


def _said(value: str) -> str:
    if value.startswith('"'):
        return value.strip('"')
    try:
        return bytes.fromhex(value).decode("utf-8", "replace")
    except ValueError:
        return value
