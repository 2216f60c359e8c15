"""An interactive program on a terminal inside a machine.

It is driven by pexpect over the command's channel (an engine's exec socket), in bytes:
SocketSpawn does not decode.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import pexpect
import regex
from pexpect.socket_pexpect import SocketSpawn

from harness.errors import SandboxError, SandboxLost, SandboxStartError
from harness.sandbox.bounded import Bounded
from harness.sandbox.commands import Commands
from harness.sandbox.processes import MARKER

START_SECONDS = 20.0
_CHUNK = 65536
_POLL_SECONDS = 1.0
_LAST_WORDS_SECONDS = 0.2
_SEARCH_SECONDS = 1.0
_ENV = {
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "MANPAGER": "cat",
    "SYSTEMD_PAGER": "cat",
    "HISTFILE": "",
    "PS1": "",
    "PS2": "",
    "PROMPT_COMMAND": "",
    "COLUMNS": "200",
    "LINES": "50",
}


class TerminalEnded(SandboxError):  # noqa: N818 - an event, and no error to most
    """The program on the terminal has ended; whoever drives it knows what that means."""


def _found(wanted: regex.Pattern[bytes], window: bytes) -> bool:
    """Whether the pattern is there. An agent's pattern may be made to search forever."""
    try:
        return wanted.search(window, timeout=_SEARCH_SECONDS, concurrent=True) is not None
    except TimeoutError:
        return True


class Terminal:
    """One program on a terminal of its own. Close it when done: `close` ends its processes."""

    def __init__(self, processes: Commands, argv: Sequence[str], user: str) -> None:
        """Start `argv` as `user`. Raises SandboxError."""
        self.user = user
        self._processes = processes
        marker = secrets.token_hex(8)
        self._marker = f"{MARKER}={marker}"
        self._exec_id, self._socket = processes.start(
            argv, user=user, cwd=None, env={**_ENV, MARKER: marker}, tty=True, stdin=True
        )
        self._spawn: Any = SocketSpawn(cast("Any", self._socket), timeout=START_SECONDS)
        self._pending = b""
        self._over = False
        try:
            self.pid = self._read_pid()
        except BaseException:
            self.disconnect()
            raise

    def _read_pid(self) -> int:
        """The pid of the program inside the container: the first line, printed before it runs."""
        deadline = time.monotonic() + START_SECONDS
        seen = b""
        try:
            while b"\n" not in seen and time.monotonic() < deadline:
                seen += self.read(deadline - time.monotonic())
        except TerminalEnded:
            pass
        line, newline, rest = seen.partition(b"\n")
        if not newline or not line.strip().isdigit():
            self._processes.require_running()
            said = seen.decode("utf-8", "replace")[:200].strip() or "no answer"
            raise SandboxStartError(
                self._processes.where,
                f"a terminal could not be opened ({said})",
                "the image needs /bin/sh",
            )
        self._pending = rest
        return int(line)

    @property
    def alive(self) -> bool:
        """Whether the program still runs and has its terminal."""
        return not self._over and self._processes.running(self._exec_id)

    def exit_code(self) -> int | None:
        """The exit code of the ended program. Raises SandboxLost when the container is gone."""
        return self._processes.exit_code(self._exec_id)

    def send(self, data: bytes) -> None:
        """Type raw bytes. Raises TerminalEnded (a SandboxError) when the program is gone."""
        if not self.alive:
            raise self._ended()
        self.type(data)

    def type(self, data: bytes) -> None:
        """As `send`, without asking first: an end is noticed when reading."""
        try:
            self._socket.settimeout(START_SECONDS)
            self._spawn.send(data)
        except OSError as error:
            raise self._ended() from error

    def _ended(self) -> TerminalEnded:
        return TerminalEnded(self._processes.where, "the program has ended", "start it again")

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        with suppress(TerminalEnded):
            self.type(b"\x03")

    def read(self, timeout_seconds: float) -> bytes:
        """The next bytes printed; empty when none came in time. Raises TerminalEnded at the end."""
        if self._pending:
            data, self._pending = self._pending, b""
            return data
        try:
            return bytes(self._spawn.read_nonblocking(_CHUNK, timeout=max(0.001, timeout_seconds)))
        except pexpect.TIMEOUT:
            return b""
        except (pexpect.EOF, OSError) as error:
            self._over = True
            raise self._ended() from error

    def read_or_notice_end(self, timeout_seconds: float) -> bytes:
        """As `read`, but also notices a program that ended while others hold its terminal."""
        data = self.read(min(timeout_seconds, _POLL_SECONDS))
        if data or timeout_seconds <= _POLL_SECONDS or self.alive:
            return data
        # It may have printed and ended since that read.
        if data := self.read(_LAST_WORDS_SECONDS):
            return data
        raise self._ended()

    def read_until(
        self,
        pattern: str | None,
        *,
        quiet_seconds: float,
        timeout_seconds: float,
        max_bytes: int = 256 * 1024,
    ) -> str:
        """What is printed until the pattern, quiet, the end or the timeout (see Program).

        A pattern that takes longer than a second to search for counts as found.
        """
        wanted = regex.compile(pattern.encode("utf-8", "surrogatepass")) if pattern else None
        deadline = time.monotonic() + timeout_seconds
        output = Bounded(max_bytes)
        window = b""
        while (left := deadline - time.monotonic()) > 0:
            wait = left if wanted else min(left, quiet_seconds)
            try:
                data = self.read_or_notice_end(wait)
            except TerminalEnded:
                break
            if not data and wanted is None:
                break
            output.feed(data)
            window = (window + data)[-max_bytes:]
            if wanted and _found(wanted, window):
                break
        return output.value().decode("utf-8", "replace")

    def close(self) -> None:
        """End the connection, and the program with all its processes.

        In this order: the engine ends nothing in a container while output of it waits to be read.
        """
        self.disconnect()
        with suppress(SandboxLost):
            self._processes.kill(self.pid, user=self.user, marker=self._marker)

    def disconnect(self) -> None:
        """Drop the connection only: what runs in a container that is being removed needs no end."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
