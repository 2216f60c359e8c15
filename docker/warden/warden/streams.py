"""TCP connections that the rules led here: swallowed, answered as DNS, or passed on when allowed."""

from __future__ import annotations

import base64
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from log import Log
from names import Names
from proxy import Passage
from settings import SELF_TEST, Settings

_ORIGINAL_DESTINATION = 80
_KEPT_BYTES = 4096
_IDLE_SECONDS = 60.0
_MOST = 2048
_AT_A_TIME = 256
_DNS_BYTES = 65537


def listen(port: int, family: int) -> socket.socket:
    """A listening socket on all addresses of a family."""
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    found.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))  # noqa: S104 - its namespace
    found.listen(4096)
    found.settimeout(0)
    return found


def original_destination(found: socket.socket) -> tuple[str, int]:
    """Where a redirected connection was meant to go. Raises OSError."""
    if found.family == socket.AF_INET:
        raw = found.getsockopt(socket.IPPROTO_IP, _ORIGINAL_DESTINATION, 16)
        port, address = struct.unpack_from(">2xH4s", raw)
        return socket.inet_ntoa(address), port
    raw = found.getsockopt(socket.IPPROTO_IPV6, _ORIGINAL_DESTINATION, 28)
    port, address = struct.unpack_from(">2xH4x16s", raw)
    return socket.inet_ntop(socket.AF_INET6, address), port


@dataclass
class _Swallowed:
    """One connection into the sinkhole: its first bytes are kept, nothing is ever said."""

    socket: socket.socket
    source: str
    target: str
    port: int
    since: float = field(default_factory=time.monotonic)
    kept: bytearray = field(default_factory=bytearray)
    total: int = 0
    noted: bool = False


class Streams:
    """All redirected TCP connections of a sandbox."""

    def __init__(self, settings: Settings, log: Log, names: Names, who: dict[str, str]) -> None:
        self._log, self._names, self._who = log, names, who
        self._allowed = {(address, port): [] for _, address, port in settings.allowed}
        for name, address, port in settings.allowed:
            self._allowed[address, port].append(name)
        self._sinkhole = settings.sinkhole
        self._nonces = settings.nonces
        self._open: dict[socket.socket, _Swallowed] = {}

    def accept(self, listener: socket.socket, poll: selectors.BaseSelector) -> None:
        """Take connections that wait; others get their turn in a flood."""
        for _ in range(_AT_A_TIME):
            try:
                found, peer = listener.accept()
            except BlockingIOError:
                return
            except OSError:
                self._log.lost["accept"] += 1
                return
            try:
                target, port = original_destination(found)
            except OSError:
                found.close()
                continue
            self._take(found, self._who.get(peer[0], "agent"), target, port, poll)

    def _take(
        self,
        found: socket.socket,
        source: str,
        target: str,
        port: int,
        poll: selectors.BaseSelector,
    ) -> None:
        if (target, port) in self._allowed:
            names = self._allowed[target, port]
            passage = Passage(found, source, target, port, names, self._log)
            self._start(passage.run, found)
            return
        if not self._sinkhole or (len(self._open) >= _MOST and not self._make_room(poll)):
            found.close()
            return
        found.settimeout(0)
        self._open[found] = _Swallowed(found, source, target, port)
        poll.register(found, selectors.EVENT_READ, self._swallow)

    def _start(self, act: Callable[[], None], found: socket.socket) -> None:
        """Run it in a thread of its own, if there may be one more."""
        try:
            threading.Thread(target=act, daemon=True).start()
        except RuntimeError:
            self._log.lost["too many connections"] += 1
            found.close()

    def answer(self, listener: socket.socket, _poll: selectors.BaseSelector) -> None:
        """Answer one question by TCP."""
        with suppress(OSError):
            found, peer = listener.accept()
            source = self._who.get(peer[0], "agent")
            self._start(partial(_one_question, found, self._names, source), found)

    def _make_room(self, poll: selectors.BaseSelector) -> bool:
        """End the oldest connection."""
        self._end(next(iter(self._open)), poll)
        return True

    def _swallow(self, found: socket.socket, poll: selectors.BaseSelector) -> None:
        one = self._open[found]
        try:
            data = found.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        one.total += len(data)
        one.kept += data[: _KEPT_BYTES - len(one.kept)]
        if len(one.kept) >= _KEPT_BYTES:
            self._note(one)
        if not data:
            self._end(found, poll)

    def _note(self, one: _Swallowed) -> None:
        if one.noted:
            return
        one.noted = True
        tested = one.kept.decode("utf-8", "replace") in self._nonces
        source = SELF_TEST if tested else one.source
        self._log.write(
            "stream",
            (source, one.target, one.port),
            source=source,
            target=one.target,
            port=one.port,
            name=self._names.of.get(one.target),
            action="sunk",
            bytes=one.total,
            data=base64.b64encode(one.kept).decode(),
        )

    def _end(self, found: socket.socket, poll: selectors.BaseSelector) -> None:
        one = self._open.pop(found)
        self._note(one)
        poll.unregister(found)
        found.close()

    def tend(self, poll: selectors.BaseSelector) -> None:
        """End what has been open for long."""
        old = time.monotonic() - _IDLE_SECONDS
        for found in [each for each, one in self._open.items() if one.since < old]:
            self._end(found, poll)

    def note_all(self) -> None:
        """Write down what open connections have said so far."""
        for one in self._open.values():
            self._note(one)


def _one_question(found: socket.socket, names: Names, source: str) -> None:
    with found, suppress(Exception):
        found.settimeout(5)
        data = b""
        while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):  # noqa: PLR2004
            more = found.recv(_DNS_BYTES)
            if not more:
                break
            data += more
        try:
            reply = names.answer(data[2:], source)
        except Exception:  # noqa: BLE001 - whatever nonsense does to the parser ends here
            names.note_nonsense(data, source)
            return
        found.sendall(len(reply).to_bytes(2, "big") + reply)
