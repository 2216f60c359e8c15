"""Running a command in a container, and ending all that it started.

The engine's exec has no timeout and killing its client leaves the process running, so each
command first prints its own pid (before it could run anything of the agent's), and is ended from
inside, as the same user: its session, its descendants, and what carries its marker.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

from harness.errors import SandboxError, SandboxLost
from harness.protocols import ExecResult
from harness.sandbox.bounded import Bounded
from harness.sandbox.connection import Connection
from harness.sandbox.engine import Engine, engine_errors

MARKER = "HARNESS_COMMAND"
_WRAP = ("/bin/sh", "-c", 'echo $$; exec "$@"', "sh")
_START_SECONDS = 20.0
_KILL_SECONDS = 10.0
_KILL_TRIES = 5
_SETTLE_SECONDS = 5.0
_KILL_SETTLE_SECONDS = 0.3
_KILLED = 137
_STDOUT, _STDERR = 1, 2

# Stops, then kills, everything that belongs to a seed pid (its group, session and descendants) or
# that carries the marker. Rounds go on until no new process turns up. Without a seed pid (0) only
# the marker counts: a number below 1 would make `kill` reach everything of the user.
# It forks nothing: the victims may have used up what the machine allows. They are dead when it
# says so: a shell tells of a job's death when it learns of it, which must not be later.
KILL_TREE = r"""
carries() {
  while IFS= read -r part || [ -n "$part" ]; do
    case $part in *"$marker"*) return 0;; esac
  done < "/proc/$1/environ"
  return 1
} 2>/dev/null
case $1 in [1-9]*) victims=" $1 ";; *) victims=" ";; esac
marker=$2; round=0; again=1
while [ $again = 1 ] && [ $round -lt 30 ]; do
  again=0; round=$((round + 1))
  for file in /proc/[0-9]*/stat; do
    { read -r line < "$file"; } 2>/dev/null || continue
    pid=${file#/proc/}; pid=${pid%/stat}
    [ "$pid" -gt 1 ] && [ "$pid" != $$ ] || continue
    case $victims in *" $pid "*) continue;; esac
    set -- ${line##*) }
    mine=0
    case $victims in *" $2 "*|*" $3 "*|*" $4 "*) mine=1;; esac
    if [ $mine = 0 ] && [ -n "$marker" ]; then
      carries "$pid" && mine=1
    fi
    [ $mine = 1 ] && { kill -STOP "$pid" 2>/dev/null; victims="$victims$pid "; again=1; }
  done
done
[ "$victims" = " " ] || kill -KILL $victims 2>/dev/null
for pid in $victims; do
  tries=0
  while [ $tries -lt 2000 ] && { read -r line < "/proc/$pid/stat"; } 2>/dev/null; do
    case ${line##*) } in Z*|X*) break;; esac
    tries=$((tries + 1))
  done
done
echo done
"""


@dataclass(frozen=True)
class Processes:
    """Commands in one container."""

    engine: Engine
    container: str
    where: str

    def start(
        self,
        argv: Sequence[str],
        *,
        user: str | None,
        cwd: str | None,
        env: Mapping[str, str],
        tty: bool,
        stdin: bool,
    ) -> tuple[str, Connection]:
        """Start a command; its exec id and the engine's connection to it. Raises SandboxError."""
        try:
            with engine_errors(self.where):
                created = self.engine.api.exec_create(
                    self.container,
                    [*_WRAP, *argv],
                    user=user or "",
                    workdir=cwd,
                    environment=dict(env),
                    tty=tty,
                    stdin=stdin,
                )
                stream = self.engine.api.exec_start(created["Id"], tty=tty, socket=True)
                raw = Connection(stream)
        except SandboxLost:
            self.require_running()  # knows why
            raise
        raw.settimeout(_KILL_SECONDS)
        return str(created["Id"]), raw

    def run(
        self,
        argv: Sequence[str],
        *,
        user: str | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout_seconds: float = 60.0,
        max_bytes: int = 1024**2,
    ) -> ExecResult:
        """Run a command to its end or its timeout (see Sandbox.exec)."""
        marker = f"{MARKER}={secrets.token_hex(8)}"
        name, _, value = marker.partition("=")
        started = time.monotonic()
        exec_id, raw = self.start(
            argv,
            user=user,
            cwd=cwd,
            env={**(env or {}), name: value},
            tty=False,
            stdin=stdin is not None,
        )
        output = _Output(max_bytes)
        with closing(raw):
            deadline = started + timeout_seconds
            if stdin is not None:
                _feed_and_read(raw, stdin, output, deadline)
            ended = _read(raw, output, deadline)
            if not ended:
                self._end(raw, output, user, marker)
        return output.result(
            exit_code=self.exit_code(exec_id) if ended else None,
            seconds=time.monotonic() - started,
            timed_out=not ended,
        )

    def _end(self, raw: Connection, output: _Output, user: str | None, marker: str) -> None:
        """Kill a command whose time is over, and take what it still prints.

        What the engine has not started yet cannot be found: its first line is awaited. And the
        engine ends nothing in a container while output of it waits to be read.
        """
        _read(raw, output, time.monotonic() + _START_SECONDS, until_pid=True)
        killer = threading.Thread(
            target=self.kill, args=(output.pid,), kwargs={"user": user, "marker": marker}
        )
        killer.start()
        _read(raw, output, time.monotonic() + _KILL_SECONDS)
        killer.join()

    def exit_code(self, exec_id: str) -> int | None:
        """The exit code of a command whose stream has ended.

        A stream also ends when the container goes away, and the engine learns of that a moment
        later: without a code, and after a kill, it is asked again. Raises SandboxLost.
        """
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            with engine_errors(self.where):
                state = self.engine.api.exec_inspect(exec_id)
            code = state["ExitCode"]
            if code is not None and not state["Running"]:
                break
            self.require_running()
            if time.monotonic() > deadline:
                raise SandboxLost(
                    self.where,
                    "the connection to a running command was cut",
                    "see the engine's log; is it being restarted?",
                )
            time.sleep(0.05)
        if code == _KILLED:
            time.sleep(_KILL_SETTLE_SECONDS)
            self.require_running()
        return int(code)

    def running(self, exec_id: str) -> bool:
        """Whether a started command still runs."""
        with engine_errors(self.where):
            return bool(self.engine.api.exec_inspect(exec_id)["Running"])

    def require_running(self) -> None:
        """Raise SandboxLost, with what the engine knows, when the container does not run."""
        with engine_errors(self.where):
            state = self.engine.api.inspect_container(self.container)["State"]
        if not state["Running"]:
            why = "ran out of memory" if state.get("OOMKilled") else "stopped"
            raise SandboxLost(
                self.where,
                f"its container {why} (exit code {state.get('ExitCode')})",
                "raise the service's memory, or see its log in the run's folder",
            )

    def kill(self, pid: int | None, *, user: str | None, marker: str = "") -> None:
        """End a process with all that belongs to it, as `user`. Never raises for what is gone."""
        if pid is None and not marker:
            return
        argv = ["/bin/sh", "-c", KILL_TREE, "sh", str(pid or 0), marker]
        for _ in range(_KILL_TRIES):
            # Where the victims have used up the processes, the engine fails now and then.
            said = _Output(1024)
            try:
                _, raw = self.start(argv, user=user, cwd="/", env={}, tty=False, stdin=False)
            except SandboxError:
                return
            with closing(raw):
                _read(raw, said, time.monotonic() + _KILL_SECONDS)
            if said.text() == b"done\n":
                return


class _Output:
    """The multiplexed stream of one command: the pid's line, then stdout and stderr."""

    def __init__(self, max_bytes: int) -> None:
        self._streams = {_STDOUT: Bounded(max_bytes), _STDERR: Bounded(max_bytes)}
        self._first = bytearray()
        self._buffer = bytearray()
        self.pid: int | None = None

    def feed(self, data: bytes) -> None:
        """Take raw bytes of the socket: frames of 8 header bytes and a payload."""
        self._buffer += data
        while len(self._buffer) >= 8:  # noqa: PLR2004 - the header
            size = int.from_bytes(self._buffer[4:8], "big")
            if len(self._buffer) < 8 + size:
                return
            kind = self._buffer[0]
            self._payload(kind, bytes(self._buffer[8 : 8 + size]))
            del self._buffer[: 8 + size]

    def _payload(self, kind: int, data: bytes) -> None:
        if kind == _STDOUT and self.pid is None:
            self._first += data
            line, newline, data = bytes(self._first).partition(b"\n")
            if not newline:
                return
            self.pid = int(line) if line.strip().isdigit() else 0
            if not self.pid:
                # The engine's own words: it could not start the command.
                self._streams[_STDERR].feed(line + newline)
        self._streams[_STDERR if kind == _STDERR else _STDOUT].feed(data)

    def text(self) -> bytes:
        """What came on stdout."""
        return self._streams[_STDOUT].value()

    def result(self, *, exit_code: int | None, seconds: float, timed_out: bool) -> ExecResult:
        """What came out."""
        out, err = self._streams[_STDOUT], self._streams[_STDERR]
        stdout, stderr = out.value(), err.value()
        if self.pid is None and self._first:
            stderr += bytes(self._first)
        return ExecResult(exit_code, stdout, stderr, seconds, timed_out, out.dropped + err.dropped)


def _read(raw: Connection, output: _Output, deadline: float, *, until_pid: bool = False) -> bool:
    """Read to the stream's end; False when the deadline, or a wanted pid, came first."""
    while (left := deadline - time.monotonic()) > 0:
        if until_pid and output.pid is not None:
            return False
        raw.settimeout(left)
        try:
            data = raw.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            return True
        if not data:
            return True
        output.feed(data)
    return False


def _feed_and_read(raw: Connection, stdin: bytes, output: _Output, deadline: float) -> None:
    """Write all of stdin while reading what comes, so that neither side waits for the other."""
    view = memoryview(stdin)
    raw.settimeout(0.05)
    while view and time.monotonic() < deadline:
        with suppress(TimeoutError):
            view = view[raw.send(view[:65536]) :]
        if not _drain(raw, output):
            return
    with suppress(OSError):
        raw.shutdown(socket.SHUT_WR)


def _drain(raw: Connection, output: _Output) -> bool:
    """Read what is there without waiting; False at the stream's end."""
    raw.settimeout(0)
    try:
        data = raw.recv(65536)
    except (BlockingIOError, TimeoutError):
        return True
    except OSError:
        return False
    finally:
        raw.settimeout(0.05)
    if not data:
        return False
    output.feed(data)
    return True
