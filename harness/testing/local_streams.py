"""What local_machine does with descriptors and signals: terminals, pipes, families of processes."""

from __future__ import annotations

import os
import pty
import select
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from harness.sandbox.bounded import Bounded

_CHUNK = 65536
_POLL_SECONDS = 0.05
# What an engine gives a child that was left behind with its parent's streams.
_LEFT_BEHIND_SECONDS = 1.0
_DYING_SECONDS, _DYING_POLL_SECONDS = 5.0, 0.002


class PtyChannel:
    """The near end of a new terminal (see harness.sandbox.commands.Channel).

    `name` is the terminal's path. Its far end is held open until something came through.
    """

    def __init__(self) -> None:
        self._near, self._far = pty.openpty()
        self.name = os.ttyname(self._far)
        self._timeout: float | None = None
        os.set_blocking(self._near, False)

    def fileno(self) -> int:
        """The descriptor."""
        return self._near

    def gettimeout(self) -> float | None:
        """Seconds that `recv` and `sendall` may wait."""
        return self._timeout

    def settimeout(self, value: float | None, /) -> None:
        """Set what `gettimeout` tells."""
        self._timeout = value

    def _wait(self, event: int) -> None:
        if self._near < 0:
            raise OSError("the terminal is closed")
        poll = select.poll()
        poll.register(self._near, event)
        if not poll.poll(None if self._timeout is None else self._timeout * 1000):
            raise TimeoutError

    def recv(self, bufsize: int, /) -> bytes:
        """The next bytes, empty at the end. Raises TimeoutError, OSError."""
        self._wait(select.POLLIN)
        try:
            data = os.read(self._near, bufsize)
        except BlockingIOError:
            raise TimeoutError from None
        except OSError:
            return b""
        self._close_far()
        return data

    def sendall(self, data: bytes, /) -> None:
        """Write all of it. Raises TimeoutError, OSError."""
        view = memoryview(data)
        while view:
            self._wait(select.POLLOUT)
            with suppress(BlockingIOError):
                view = view[os.write(self._near, view) :]

    def shutdown(self, how: int, /) -> None:
        """A terminal has no half that could be shut."""

    def _close_far(self) -> None:
        if self._far >= 0:
            os.close(self._far)
            self._far = -1

    def close(self) -> None:
        """Let go of it."""
        self._close_far()
        if self._near >= 0:
            os.close(self._near)
            self._near = -1


def pump(
    process: subprocess.Popen[bytes], stdin: bytes, out: Bounded, err: Bounded, deadline: float
) -> bool:
    """Feed a command and take what it prints until it has ended; False at the deadline."""
    left = memoryview(stdin)
    ended = 0.0
    with selectors.DefaultSelector() as selector:
        for stream, kept in ((process.stdout, out), (process.stderr, err)):
            if stream and not stream.closed:
                selector.register(stream, selectors.EVENT_READ, kept)
        if process.stdin and not process.stdin.closed:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map() and (wait := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(min(wait, _POLL_SECONDS)):
                if key.fileobj is process.stdin:
                    left = _feed(selector, process.stdin, left)
                elif data := os.read(key.fd, _CHUNK):
                    key.data.feed(data)
                else:
                    selector.unregister(key.fileobj)
            if process.poll() is not None:
                ended = ended or time.monotonic()
                if time.monotonic() - ended > _LEFT_BEHIND_SECONDS:
                    return True
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, deadline - time.monotonic()))
    return process.returncode is not None


def _feed(
    selector: selectors.BaseSelector, stdin: IO[bytes], left: memoryview[int]
) -> memoryview[int]:
    """Write some of the input; close it after the last byte, or when nobody reads."""
    try:
        left = left[os.write(stdin.fileno(), left[:_CHUNK]) :]
    except BrokenPipeError:
        left = left[:0]
    except BlockingIOError:
        return left
    if not left:
        selector.unregister(stdin)
        stdin.close()
    return left


def _family(known: set[int], marker: str) -> set[int]:
    """Processes that belong to `known` (child, group, session) or carry the marker."""
    mine = {os.getpid(), os.getppid()}
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid in known or pid in mine:
            continue
        with suppress(OSError, ValueError, IndexError):
            state, parent, group, session = (
                (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:4]
            )
            belongs = known & {int(parent), int(group), int(session)}
            if state != "Z" and (belongs or carries(pid, marker)):
                found.add(pid)
    return found


def carries(pid: int, marker: str) -> bool:
    """Whether a process of ours has `marker` ("NAME=value") in its environment."""
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return bool(marker) and marker.encode() in environ.split(b"\0")


def still_family(pid: int | None, marker: str) -> set[int]:
    """Stop a process and all that belongs to it, or that carries `marker`; returns their pids."""
    known: set[int] = set()
    found = {pid} if pid and pid > 1 else _family(known, marker)
    while found:
        for each in found:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGSTOP)
        known |= found
        found = _family(known, marker)
    return known


def end_family(pid: int | None, marker: str) -> None:
    """End a process and all that belongs to it, or that carries `marker`; they are dead then."""
    family = still_family(pid, marker)
    for each in family:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    deadline = time.monotonic() + _DYING_SECONDS
    while any(map(_lives, family)) and time.monotonic() < deadline:
        time.sleep(_DYING_POLL_SECONDS)


def _lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
