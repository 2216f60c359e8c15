"""What a terminal, a shell and collection need of a machine: the seam below containers.

Docker containers provide it here; harness.testing provides it with processes of this machine.
"""

from __future__ import annotations

import tarfile
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import IO, Any, Protocol

from harness.orders import Upload
from harness.protocols import ExecResult


class Channel(Protocol):
    """The two-way stream of a started command: the part of a socket that is used."""

    def fileno(self) -> int:
        """The descriptor."""
        ...

    def gettimeout(self) -> float | None:
        """Seconds that `recv` and `sendall` may wait."""
        ...

    def settimeout(self, value: float | None, /) -> None:
        """Set what `gettimeout` tells."""
        ...

    def recv(self, bufsize: int, /) -> bytes:
        """The next bytes, empty at the end. Raises TimeoutError, OSError."""
        ...

    def sendall(self, data: bytes, /) -> None:
        """Write all of it. Raises OSError."""
        ...

    def shutdown(self, how: int, /) -> None:
        """Wake whoever waits in `recv`."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Commands(Protocol):
    """Running commands in one machine, and ending all that they started."""

    @property
    def where(self) -> str:
        """The machine, as errors name it."""
        ...

    def start(
        self,
        argv: Sequence[str],
        *,
        user: str | None,
        cwd: str | None,
        env: Mapping[str, str],
        tty: bool,
        stdin: bool,
    ) -> tuple[str, Channel]:
        """Start a command that prints its pid first; its id and the stream to it."""
        ...

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
        ...

    def running(self, exec_id: str) -> bool:
        """Whether a started command still runs."""
        ...

    def exit_code(self, exec_id: str) -> int | None:
        """The exit code of an ended command. Raises SandboxLost when the machine died with it."""
        ...

    def require_running(self) -> None:
        """Raise SandboxLost when the machine does not run."""
        ...

    def kill(self, pid: int | None, *, user: str | None, marker: str = "") -> None:
        """End a process with all that belongs to it. Never raises for what is gone."""
        ...


Members = Generator[tuple[tarfile.TarInfo, IO[bytes] | None], None, None]


class FileTree(Protocol):
    """The files of one machine."""

    def members(self, path: str) -> Members:
        """Walk what stands at `path`: headers, streams for regular files. Close it when done."""
        ...

    def stat(self, path: str) -> Mapping[str, Any] | None:
        """What stands at `path` (its linkTarget among others), or None."""
        ...

    def write(self, uploads: Iterable[Upload]) -> None:
        """Put files in place, with the folders above them that do not exist yet."""
        ...


class Machine(Protocol):
    """One service, as collection sees it."""

    @property
    def files(self) -> FileTree:
        """Its files."""
        ...

    @property
    def processes(self) -> Commands:
        """Its processes."""
        ...

    def log(self) -> bytes:
        """What its main process printed."""
        ...
