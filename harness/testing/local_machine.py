"""A machine without Docker: processes of this one, and a folder that stands for its root.

Nothing is confined: commands run as the user of the tests and see the host's files. Paths given
to the sandbox itself are mapped into the folder, and so are a command's working folder and its
program; paths inside a command are not, so they are written relative to the home, or with
$SANDBOX_ROOT before them.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import stat
import subprocess
import tarfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import SandboxError, SandboxLost
from harness.orders import Upload
from harness.protocols import ExecResult
from harness.sandbox.bounded import Bounded
from harness.sandbox.commands import Members
from harness.sandbox.processes import MARKER
from harness.testing.local_streams import PtyChannel, carries, end_family, pump, still_family

_MACHINE = "FAKE_MACHINE"
_WRAP = ("/bin/sh", "-c", 'exec "$@"', "sh")
# A session without a terminal gets the first one that it opens.
_TTY_WRAP = ("/bin/sh", "-c", 'tty=$1; shift; exec <"$tty" >"$tty" 2>&1; echo $$; exec "$@"', "sh")
_AFTER_KILL_SECONDS = 5.0


@dataclass
class LocalFiles:
    """Files under a folder (see harness.sandbox.commands.FileTree). Owners are not kept."""

    root: Path

    def real(self, path: str) -> Path:
        """Where a path of the machine stands; one that lies in the folder already is kept."""
        plain = os.path.normpath(path)
        if Path(plain).is_relative_to(self.root):
            return Path(plain)
        return self.root / plain.lstrip("/")

    def members(self, path: str) -> Members:
        """Walk what stands at `path`: headers, streams for regular files."""
        real = self.real(path)
        if not os.path.lexists(real):
            raise FileNotFoundError(path)
        with tarfile.open(fileobj=io.BytesIO(), mode="w") as archive:
            yield from _walk(archive, real, real.name)

    def stat(self, path: str) -> Mapping[str, Any] | None:
        """What stands at `path`: its linkTarget, empty for all but symlinks; or None."""
        real = self.real(path)
        if not os.path.lexists(real):
            return None
        return {"linkTarget": str(real.readlink()) if real.is_symlink() else ""}

    def write(self, uploads: Iterable[Upload]) -> None:
        """Put files in place, with the folders above them that do not exist yet."""
        for upload in uploads:
            real = self.real(upload.path)
            real.parent.mkdir(parents=True, exist_ok=True)
            draft = real.with_name(f".{secrets.token_hex(8)}")
            draft.write_bytes(upload.data)
            draft.chmod(upload.mode)
            draft.replace(real)


def _walk(archive: tarfile.TarFile, real: Path, name: str) -> Members:
    if stat.S_ISSOCK(real.lstat().st_mode):
        return
    member = archive.gettarinfo(str(real), name)
    if member.isreg():
        with real.open("rb") as stream:
            yield member, stream
        return
    yield member, None
    if member.isdir():
        for child in sorted(real.iterdir()):
            yield from _walk(archive, child, f"{name}/{child.name}")


@dataclass
class LocalProcesses:
    """Processes of this machine (see harness.sandbox.commands.Commands). Users are ignored."""

    files: LocalFiles
    home: str
    where: str
    env: Mapping[str, str]
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    started: bool = False
    trouble: SandboxError | None = None
    _open: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def _launch(
        self,
        wrap: Sequence[str],
        argv: Sequence[str],
        cwd: str | None,
        env: Mapping[str, str],
        *,
        piped: bool,
        stdin: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own. Raises OSError for a bad working folder."""
        self.require_running()
        self.started = True
        home = self.files.real(self.home)
        home.mkdir(parents=True, exist_ok=True)
        own = self.files.real(argv[0])
        program = str(own) if argv[0].startswith("/") and own.exists() else argv[0]
        out = subprocess.PIPE if piped else subprocess.DEVNULL
        return subprocess.Popen(
            [*wrap, program, *argv[1:]],
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=self.files.real(cwd) if cwd else home,
            env={**self._base_env(home), **env},
            start_new_session=True,
        )

    @property
    def _marker(self) -> str:
        return f"{_MACHINE}={self.mark}"

    def _base_env(self, home: Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "SANDBOX_ROOT": str(self.files.root),
            **self.env,
            _MACHINE: self.mark,
        }

    def start(
        self,
        argv: Sequence[str],
        *,
        user: str | None,  # noqa: ARG002 - the seam
        cwd: str | None,
        env: Mapping[str, str],
        tty: bool,
        stdin: bool,  # noqa: ARG002 - the seam
    ) -> tuple[str, PtyChannel]:
        """Start a command on a terminal of its own; it prints its pid first."""
        if not tty:
            raise NotImplementedError(argv)
        channel = PtyChannel()
        try:
            process = self._launch(_TTY_WRAP, [channel.name, *argv], cwd, env, piped=False)
        except (OSError, SandboxError):
            channel.close()
            raise
        exec_id = secrets.token_hex(8)
        self._open[exec_id] = process
        return exec_id, channel

    def run(
        self,
        argv: Sequence[str],
        *,
        user: str | None = None,  # noqa: ARG002 - the seam
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout_seconds: float = 60.0,
        max_bytes: int = 1024**2,
    ) -> ExecResult:
        """Run a command to its end or its timeout (see Sandbox.exec)."""
        begun = time.monotonic()
        mark = secrets.token_hex(8)
        out, err = Bounded(max_bytes), Bounded(max_bytes)
        env = {**(env or {}), MARKER: mark}
        try:
            process = self._launch(_WRAP, argv, cwd, env, piped=True, stdin=stdin is not None)
        except OSError as error:
            return ExecResult(126, b"", f"{error}\n".encode(), time.monotonic() - begun)
        with process:
            ended = pump(process, stdin or b"", out, err, begun + timeout_seconds)
            if not ended:
                self.kill(process.pid, user=None, marker=f"{MARKER}={mark}")
                pump(process, b"", out, err, time.monotonic() + _AFTER_KILL_SECONDS)
        self.require_running()
        return ExecResult(
            exit_code=_shell_code(process) if ended else None,
            stdout=out.value(),
            stderr=err.value(),
            seconds=time.monotonic() - begun,
            timed_out=not ended,
            truncated_bytes=out.dropped + err.dropped,
        )

    def running(self, exec_id: str) -> bool:
        """Whether a started command still runs."""
        return self._open[exec_id].poll() is None

    def exit_code(self, exec_id: str) -> int | None:
        """The exit code of an ended command. Raises SandboxLost when the machine is gone."""
        process = self._open[exec_id]
        with suppress(subprocess.TimeoutExpired):
            process.wait(_AFTER_KILL_SECONDS)
        self.require_running()
        return _shell_code(process)

    def require_running(self) -> None:
        """Raise what keeps this machine from running, if anything does."""
        if self.trouble is not None:
            raise self.trouble

    def kill(self, pid: int | None, *, user: str | None, marker: str = "") -> None:  # noqa: ARG002
        """End a process with all that belongs to it; a pid that is not of this machine is let be."""
        own = next((each for each in self._open.values() if each.pid == pid), None)
        unreaped = own is not None and own.returncode is None
        mine = unreaped or bool(pid and carries(pid, self._marker))
        end_family(pid if mine else None, marker)
        if own is not None:
            own.wait()

    def freeze(self) -> None:
        """Stop all its processes where they stand."""
        if self.started:
            still_family(None, self._marker)
        self.trouble = self.trouble or SandboxError(self.where, "it is frozen", "collect now")

    def end(self, why: str) -> None:
        """End all its processes; from now on it is lost."""
        self.trouble = SandboxLost(self.where, why, "open another sandbox")
        if self.started:
            end_family(None, self._marker)
        for process in list(self._open.values()):
            process.wait()


def _shell_code(process: subprocess.Popen[bytes]) -> int | None:
    """An exit code as a shell tells it: 128 and the signal's number for one that was killed."""
    code = process.returncode
    return 128 - code if code is not None and code < 0 else code


@dataclass
class LocalMachine:
    """One service (see harness.sandbox.commands.Machine). `said` is what its log holds."""

    files: LocalFiles
    processes: LocalProcesses
    said: bytes = b""

    def log(self) -> bytes:
        """What its main process would have printed."""
        return self.said

    def copy(self, root: Path) -> LocalMachine:
        """A machine with a copy of this one's files, and none of its processes."""
        shutil.copytree(self.files.root, root, symlinks=True)
        files = LocalFiles(root)
        old = self.processes
        return LocalMachine(files, LocalProcesses(files, old.home, old.where, old.env))
