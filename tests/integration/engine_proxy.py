"""A socket in front of the engine that can be slow or go away, while the engine itself stays."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

ENGINE = "/var/run/docker.sock"


class EngineProxy:
    """Passes bytes on between its own socket and the engine's, until it is closed.

    What the engine says waits `delay_seconds` first.
    """

    def __init__(self, path: Path, delay_seconds: float = 0.0) -> None:
        self.path = path
        self._delay = delay_seconds
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> Self:
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.path.unlink()
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(ENGINE)
                self._open += [near, far]
                for source, target, wait in ((near, far, 0.0), (far, near, self._delay)):
                    threading.Thread(target=_pump, args=(source, target, wait), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, wait: float) -> None:
    """Pass bytes on, and the end of each direction with them."""
    with suppress(OSError):
        while data := source.recv(65536):
            time.sleep(wait)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
