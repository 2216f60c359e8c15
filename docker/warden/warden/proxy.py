"""One allowed connection beyond the sandbox: passed on, counted, its spoken name checked."""

from __future__ import annotations

import base64
import re
import select
import socket

from log import Log
from settings import MARK, SO_MARK

_CONNECT_SECONDS = 10.0
_IDLE_SECONDS = 120.0
_FIRST_BYTES = 16 * 1024
_KEPT_BYTES = 1024
_HOST = re.compile(rb"^host:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_REQUEST = re.compile(rb"^[A-Z]{3,10} \S+ HTTP/1\.[01]\r?\n")
_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME = 22, 1, 0


def _server_name(hello: bytes) -> str | None:
    """The server's name in a TLS ClientHello (RFC 8446 4.1.2, RFC 6066 3), or None."""
    at = 5 + 4 + 2 + 32  # record, handshake, version, random
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at]
    end = at + 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 2
    while at + 4 <= end:
        kind = int.from_bytes(hello[at : at + 2], "big")
        size = int.from_bytes(hello[at + 2 : at + 4], "big")
        if kind == _SERVER_NAME:
            return hello[at + 9 : at + 4 + size].decode("ascii", "replace").lower()
        at += 4 + size
    return None


def spoken_name(first: bytes) -> tuple[bool, str | None]:
    """(whether enough was said, the name of the server that the client asks for, if any)."""
    if first[:1] == bytes([_HANDSHAKE]):
        whole = len(first) >= 5 and len(first) >= 5 + int.from_bytes(first[3:5], "big")  # noqa: PLR2004
        if not whole:
            return False, None
        try:
            return True, _server_name(first) if first[5] == _CLIENT_HELLO else None
        except IndexError:
            return True, None
    if re.match(rb"[A-Z]{3,10} ", first):
        if b"\r\n\r\n" not in first and b"\n\n" not in first:
            return False, None
        if _REQUEST.match(first) and (found := _HOST.search(first)):
            host = found[1].decode("ascii", "replace").lower()
            return True, host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    return True, None


class Passage:
    """The two sides of one connection."""

    def __init__(
        self,
        inner: socket.socket,
        source: str,
        target: str,
        port: int,
        names: list[str],
        log: Log,
    ) -> None:
        self._inner, self._log = inner, log
        self._where = {"source": source, "target": target, "port": port}
        self._names = names
        self._up, self._down = bytearray(), bytearray()
        self._sent, self._received = 0, 0

    def run(self) -> None:
        """Pass bytes on until either side ends; write the record."""
        action, spoken = "allowed", None
        with self._inner:
            try:
                with self._connect() as outer:
                    spoken = self._first_words(outer)
                    if spoken is None or spoken in self._names:
                        self._pass_on(outer)
                    else:
                        action = "refused"
            except OSError as error:
                action = f"failed: {error.strerror or error}"
        self._log.write(
            "passage",
            (*self._where.values(), spoken, action),
            **self._where,
            name=self._names[0],
            spoken=spoken,
            action=action,
            sent_bytes=self._sent,
            received_bytes=self._received,
            data=base64.b64encode(self._up).decode(),
            answer=base64.b64encode(self._down).decode(),
        )

    def _connect(self) -> socket.socket:
        outer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            outer.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
            outer.settimeout(_CONNECT_SECONDS)
            outer.connect((self._where["target"], self._where["port"]))
        except OSError:
            outer.close()
            raise
        return outer

    def _first_words(self, outer: socket.socket) -> str | None:
        """What the client says first is held until it shows whom it asks for."""
        first = b""
        enough, name = False, None
        while not enough and len(first) < _FIRST_BYTES:
            ready, _, _ = select.select([self._inner, outer], [], [], _IDLE_SECONDS)
            if not ready or (outer in ready and not first):
                break  # the server speaks first
            data = self._inner.recv(65536)
            if not data:
                break
            first += data
            enough, name = spoken_name(first)
        self._up += first[:_KEPT_BYTES]
        if first and (name is None or name in self._names):
            outer.sendall(first)
            self._sent += len(first)
        return name

    def _pass_on(self, outer: socket.socket) -> None:
        sides = {self._inner: outer, outer: self._inner}
        self._inner.settimeout(_IDLE_SECONDS)
        outer.settimeout(_IDLE_SECONDS)
        reading = set(sides)
        while reading:
            ready, _, _ = select.select(list(reading), [], [], _IDLE_SECONDS)
            if not ready:
                return
            for side in ready:
                data = side.recv(65536)
                if not data:
                    reading.discard(side)
                    sides[side].shutdown(socket.SHUT_WR)
                    continue
                sides[side].sendall(data)
                self._count(side is self._inner, data)

    def _count(self, up: bool, data: bytes) -> None:  # noqa: FBT001 - its direction
        kept = self._up if up else self._down
        kept += data[: max(0, _KEPT_BYTES - len(kept))]
        if up:
            self._sent += len(data)
        else:
            self._received += len(data)
