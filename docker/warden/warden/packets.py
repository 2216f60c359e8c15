"""Packets as the kernel's rules hand them over (nfnetlink_log), read from netlink.

Each message of a group has a number, so that what the kernel had to drop is known exactly.
Source of the numbers: linux/netfilter/nfnetlink_log.h.
"""

from __future__ import annotations

import base64
import errno
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from settings import SO_RCVBUFFORCE

_NETLINK_NETFILTER, _ULOG = 12, 4
_PACKET_MESSAGE, _CONFIG_MESSAGE = _ULOG << 8, _ULOG << 8 | 1
_BIND, _COPY_PACKET, _NUMBERED = 1, 2, 1
_CFG_CMD, _CFG_MODE, _CFG_TIMEOUT, _CFG_THRESHOLD, _CFG_FLAGS = 1, 2, 4, 5, 6
_MARK, _PAYLOAD, _PREFIX, _UID, _SEQ = 2, 9, 10, 11, 12
_REQUEST, _DONE = 1, 3
_AT_A_TIME = 64
_BUFFER_BYTES = 16 * 1024**2
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6", 132: "sctp"}
_EXTENSIONS = {0, 43, 60}


@dataclass(frozen=True)
class Packet:
    """One packet, as it was sent."""

    prefix: str
    mark: int
    uid: int | None
    raw: bytes
    source: str
    target: str
    protocol: str
    port: int | None
    data: bytes

    @property
    def text(self) -> str:
        """What it carries, in base64."""
        return base64.b64encode(self.data).decode()


def _attribute(kind: int, data: bytes) -> bytes:
    padding = b"\0" * (-len(data) % 4)
    return struct.pack("=HH", 4 + len(data), kind) + data + padding


class PacketSource:
    """The packets of one group. `lost` counts what the kernel could not deliver."""

    def __init__(self, group: int, snap_bytes: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        self._socket.bind((0, 0))
        self._socket.settimeout(0)
        with suppress(PermissionError):  # in a user namespace the usual size must do
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER_BYTES)
        self._group, self._next = group, 0
        self.lost = 0
        self._configure(_attribute(_CFG_CMD, struct.pack("=B", _BIND)))
        self._configure(_attribute(_CFG_MODE, struct.pack(">IBB", snap_bytes, _COPY_PACKET, 0)))
        self._configure(_attribute(_CFG_FLAGS, struct.pack(">H", _NUMBERED)))
        self._configure(_attribute(_CFG_TIMEOUT, struct.pack(">I", 2)))
        self._configure(_attribute(_CFG_THRESHOLD, struct.pack(">I", 32)))

    def _configure(self, attributes: bytes) -> None:
        body = struct.pack(">BBH", 0, 0, self._group) + attributes
        header = struct.pack("=IHHII", 16 + len(body), _CONFIG_MESSAGE, _REQUEST, 0, 0)
        self._socket.send(header + body)

    def fileno(self) -> int:
        """The descriptor."""
        return self._socket.fileno()

    def read(self, take: Callable[[Packet], None]) -> None:
        """Hand over packets that wait; others get their turn in a flood."""
        for _ in range(_AT_A_TIME):
            try:
                data = self._socket.recv(1 << 20)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                continue  # the gap in the numbers tells how many
            for body in _messages(data):
                with suppress(struct.error, IndexError, ValueError):
                    take(self._packet(body))

    def _packet(self, body: bytes) -> Packet:
        found = dict(_attributes(body[4:]))
        if _SEQ in found:
            number = struct.unpack(">I", found[_SEQ])[0]
            self.lost += max(0, number - self._next)
            self._next = number + 1
        uid = struct.unpack(">I", found[_UID])[0] if _UID in found else None
        mark = struct.unpack(">I", found[_MARK])[0] if _MARK in found else 0
        prefix = found.get(_PREFIX, b"").rstrip(b"\0").decode()
        return _decode(prefix, mark, uid, found.get(_PAYLOAD, b""))


def _messages(data: bytes) -> Iterator[bytes]:
    while len(data) >= 16:  # noqa: PLR2004 - the header
        length, kind = struct.unpack_from("=IH", data)
        if length < 16 or kind == _DONE:  # noqa: PLR2004 - the header
            return
        if kind == _PACKET_MESSAGE:
            yield data[16:length]
        data = data[(length + 3) & ~3 :]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:  # noqa: PLR2004 - the header
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:  # noqa: PLR2004 - the header
            return
        yield kind & 0x7FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


def _decode(prefix: str, mark: int, uid: int | None, raw: bytes) -> Packet:
    """Read the headers of an IP packet."""
    if raw[0] >> 4 == 4:  # noqa: PLR2004 - the version
        number, body = raw[9], raw[(raw[0] & 15) * 4 :]
        source, target = socket.inet_ntoa(raw[12:16]), socket.inet_ntoa(raw[16:20])
    else:
        number, body = raw[6], raw[40:]
        while number in _EXTENSIONS:
            number, body = body[0], body[8 + body[1] * 8 :]
        source = socket.inet_ntop(socket.AF_INET6, raw[8:24])
        target = socket.inet_ntop(socket.AF_INET6, raw[24:40])
    port = None
    if number in {6, 17}:
        port = int.from_bytes(body[2:4], "big")
    start = {6: (body[12] >> 4) * 4 if number == 6 else 0, 17: 8, 1: 8, 58: 8}.get(number, 0)  # noqa: PLR2004
    name = _PROTOCOLS.get(number, str(number))
    return Packet(prefix, mark, uid, raw, source, target, name, port, body[start:])
