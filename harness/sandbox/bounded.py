"""Output of any size in memory of a fixed size."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO, Self

from harness.errors import StoreError


class Bounded:
    """Keeps the head and the tail of a stream, half of `max_bytes` each, and counts the rest.

    With `spool`, the whole goes to that host file too, up to `spool_bytes`; the file is created
    only when something was cut. Raises StoreError when it cannot be written.
    """

    def __init__(
        self, max_bytes: int, spool: Path | None = None, spool_bytes: int = 16 * 1024**2
    ) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._head_bytes = max_bytes // 2
        self._tail_bytes = max_bytes - self._head_bytes
        self._spool_path = spool
        self._spool_left = spool_bytes
        self._spool: BinaryIO | None = None
        self.dropped = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._spool is not None:
            self._spool.close()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._keep(data)
        room = self._head_bytes - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 2 * self._tail_bytes:
            self._trim()

    def clear(self) -> None:
        """Forget what was taken so far."""
        self._head.clear()
        self._tail.clear()
        self.dropped = 0

    def _trim(self) -> None:
        surplus = len(self._tail) - self._tail_bytes
        if surplus > 0:
            self.dropped += surplus
            del self._tail[:surplus]

    def _keep(self, data: bytes) -> None:
        if self._spool_path is None:
            return
        kept = len(self._head) + len(self._tail)
        if self._spool is None and kept + len(data) <= self._head_bytes + self._tail_bytes:
            return
        try:
            if self._spool is None:
                self._spool_path.parent.mkdir(parents=True, exist_ok=True)
                self._spool = self._spool_path.open("wb", buffering=0)
                self._write(bytes(self._head + self._tail))
            self._write(data)
        except OSError as error:
            raise StoreError(
                str(self._spool_path),
                f"cannot be written ({error.strerror or error})",
                "free disk space, then `harness run --resume`",
            ) from error

    def _write(self, data: bytes) -> None:
        if self._spool is not None:
            part = data[: self._spool_left]
            if self._spool.write(part) != len(part):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._spool_left = max(0, self._spool_left - len(data))

    @property
    def whole(self) -> Path | None:
        """The file that keeps the whole stream, if something was cut."""
        return self._spool_path if self._spool is not None else None

    def parts(self) -> tuple[bytes, bytes]:
        """What was kept: head and tail. Nothing is missing between them when `dropped` is 0."""
        self._trim()
        return bytes(self._head), bytes(self._tail)

    def value(self) -> bytes:
        """Head and tail joined."""
        return b"".join(self.parts())
