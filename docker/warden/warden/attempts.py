"""The short self-test: attempts from inside the agent's namespace that must lead nowhere.

They are made without the warden's mark, so the rules see them as they see the agent's. Each
carries the test's nonce, so that its record proves that the log lives, and says whose it is.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from settings import SO_MARK, TEST_MARK

_METADATA = "169.254.169.254"
_FAR, _FAR6 = "192.0.2.1", "2001:db8::1"
_SECONDS = 0.5


def _marked(family: int, kind: int, protocol: int = 0) -> socket.socket:
    found = socket.socket(family, kind, protocol)
    found.setsockopt(socket.SOL_SOCKET, SO_MARK, TEST_MARK)
    found.settimeout(_SECONDS)
    return found


def _stream(family: int, address: str, port: int, data: bytes) -> None:
    with _marked(family, socket.SOCK_STREAM) as speaker:
        speaker.connect((address, port))
        speaker.sendall(data)


def _datagram(family: int, address: str, port: int, data: bytes) -> None:
    with _marked(family, socket.SOCK_DGRAM) as speaker:
        speaker.sendto(data, (address, port))


def _echo(address: str, data: bytes) -> None:
    with _marked(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as speaker:
        speaker.sendto(b"\x08\0\0\0\0\0\0\0" + data, (address, 0))


def _lookup(name: str) -> None:
    question = b"\x5e\xa1\x01\0\0\x01\0\0\0\0\0\0"
    question += b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    with _marked(socket.AF_INET, socket.SOCK_DGRAM) as speaker:
        speaker.sendto(question + b"\0\0\x01\0\x01", ("127.0.0.11", 53))


@dataclass(frozen=True)
class Attempt:
    """One try: its name, the record that it must leave, and what came of it."""

    probe: str
    key: tuple[object, ...]
    answered: bool
    error: str


def attempt_all(nonce: str, hosts: list[tuple[str, int]]) -> list[Attempt]:
    """Try everything once; `hosts` are listeners of the harness on the host."""
    data, name = nonce.encode(), f"{nonce}.invalid"
    four, six = socket.AF_INET, socket.AF_INET6
    tries: list[tuple[str, tuple[object, ...], Callable[[], None]]] = [
        ("tcp", ("tcp", _FAR, 443), lambda: _stream(four, _FAR, 443, data)),
        ("metadata", ("tcp", _METADATA, 80), lambda: _stream(four, _METADATA, 80, data)),
        ("udp", ("udp", _FAR, 9), lambda: _datagram(four, _FAR, 9, data)),
        ("icmp", ("icmp", _FAR, None), lambda: _echo(_FAR, data)),
        ("dns", ("dns", name), lambda: _lookup(name)),
        ("ipv6", ("tcp", _FAR6, 443), lambda: _stream(six, _FAR6, 443, data)),
        ("ipv6-udp", ("udp", _FAR6, 9), lambda: _datagram(six, _FAR6, 9, data)),
    ]
    for address, port in hosts:
        act = partial(_stream, four, address, port, data)
        tries.append((f"host {address}", ("tcp", address, port), act))
    return [_attempt(*each) for each in tries]


def _attempt(probe: str, key: tuple[object, ...], act: Callable[[], None]) -> Attempt:
    try:
        act()
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, type(error).__name__)
        return Attempt(probe, key, answered=False, error=name)
    return Attempt(probe, key, answered=True, error="")
