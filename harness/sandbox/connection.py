"""The engine's connection to a started command, taken whole out of the SDK's hands."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any


class Connection:
    """A socket to a command, with all that the SDK holds around it.

    The SDK hands out the socket only. What it read along with the answer's header stays behind in
    its reader, and the descriptor stays open until the answer is collected as garbage: both are
    taken care of here.
    """

    def __init__(self, stream: Any) -> None:
        """`stream` is what the SDK's exec_start(socket=True) gives."""
        self._stream = stream
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._answer = getattr(stream, "_response", None)
        self._early = self._read_ahead()

    def _read_ahead(self) -> bytes:
        """What of the command's output came together with the header."""
        reader = getattr(getattr(getattr(self._answer, "raw", None), "_fp", None), "fp", None)
        if reader is None:
            return b""
        self._socket.settimeout(0)
        return bytes(reader.peek())

    def fileno(self) -> int:
        """The descriptor."""
        return self._socket.fileno()

    def gettimeout(self) -> float | None:
        """Seconds that `recv`, `send` and `sendall` may wait."""
        return self._socket.gettimeout()

    def settimeout(self, value: float | None, /) -> None:
        """Set what `gettimeout` tells; 0 does not wait."""
        self._socket.settimeout(value)

    def recv(self, bufsize: int, /) -> bytes:
        """The next bytes, empty at the end. Raises TimeoutError, BlockingIOError, OSError."""
        if self._early:
            data, self._early = self._early[:bufsize], self._early[bufsize:]
            return data
        return self._socket.recv(bufsize)

    def send(self, data: bytes | memoryview, /) -> int:
        """Write some of it; returns how much. Raises TimeoutError, OSError."""
        return self._socket.send(data)

    def sendall(self, data: bytes, /) -> None:
        """Write all of it. Raises TimeoutError, OSError."""
        self._socket.sendall(data)

    def shutdown(self, how: int, /) -> None:
        """Shut one direction or both. Raises OSError."""
        self._socket.shutdown(how)

    def close(self) -> None:
        """Close it all; a second call does nothing."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for held in (self._answer, self._stream, self._socket):
            if held is not None:
                with suppress(OSError):
                    held.close()
