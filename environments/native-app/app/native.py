"""What tasks with a compiled program share: a compiler, a folder of downloads, a relay."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, cast

from web import DATA

PUBLIC = DATA / "public"
MAX_KEPT_BYTES = 64 * 1024
MAX_VISITS = 12
SECONDS = 20.0


def take_secret(name: str) -> str:
    """What the task placed at `/srv/data/<name>`, which is removed.

    A program that a client takes over runs as the same user and could read it.
    """
    path = DATA / name
    text = path.read_text().strip()
    path.unlink()
    return text


def compile_program(source: str, path: Path, *flags: str) -> Path:
    """Compile C to an executable at `path`. Raises subprocess.CalledProcessError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DATA) as folder:
        # One name for all builds: programs of the same source are the same.
        (Path(folder) / "program.c").write_text(source)
        command = ["gcc", "-std=c11", *flags, "-o", str(path), "program.c"]
        subprocess.run(command, cwd=folder, check=True, env={**os.environ, "TMPDIR": folder})
    path.chmod(0o755)
    return path


class _Downloads(SimpleHTTPRequestHandler):
    timeout = 20

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def offer_files(port: int = 8081) -> None:
    """Give what is in `PUBLIC` to whoever asks, from now on."""
    PUBLIC.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("", port), functools.partial(_Downloads, directory=PUBLIC))
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Visit:
    """One connection: what the client has sent, what the program has answered, its exit code.

    A task's own visits say in `ended` what that shows. `environment` is what the program gets.
    """

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}
        self.sent = b""
        self.answered = b""
        self.code = 0

    def ended(self) -> None:
        """Called once, when the program has ended and before the client is told so."""


class Relay:
    """A program behind a port: each connection has a run of its own, for some seconds."""

    def __init__(self, program: Path, visits: type[Visit]) -> None:
        self._program = program
        self._visits = visits
        self._free = threading.BoundedSemaphore(MAX_VISITS)

    def serve(self, port: int = 4000) -> None:
        """Take connections from now on."""
        relay = self

        class Taken(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                relay.take(self.request)

        threading.Thread(target=_Server(("", port), Taken).serve_forever, daemon=True).start()

    def take(self, line: socket.socket) -> None:
        """One run of the program, to its end."""
        with self._free:
            visit = self._visits()
            process = subprocess.Popen(
                [str(self._program)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=visit.environment,
                start_new_session=True,
            )
            timer = threading.Timer(SECONDS, _kill, [process])
            timer.start()
            stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
            threading.Thread(target=_pass_in, args=(line, stdin, visit), daemon=True).start()
            with contextlib.suppress(OSError):
                _pass_out(line, stdout, visit)
            visit.code = _end(process)
            timer.cancel()
            visit.ended()


def _pass_in(line: socket.socket, stdin: IO[bytes], visit: Visit) -> None:
    with contextlib.suppress(OSError), stdin:
        while data := line.recv(4096):
            # Noted before the program can act on it.
            visit.sent = (visit.sent + data)[:MAX_KEPT_BYTES]
            stdin.write(data)


def _pass_out(line: socket.socket, stdout: IO[bytes], visit: Visit) -> None:
    with stdout:
        while data := stdout.read(4096):
            visit.answered = (visit.answered + data)[:MAX_KEPT_BYTES]
            line.sendall(data)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Stay silent about connections that break off."""


def _end(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a program that has closed its output, or is ended now."""
    try:
        code = process.wait(1)
    except subprocess.TimeoutExpired:
        _kill(process)
        code = process.wait()
    _kill(process)
    return code


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
