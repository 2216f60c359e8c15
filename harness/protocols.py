"""The seams: what each part of the harness may expect of the others.

No implementation is imported here. `harness.testing` holds doubles of these, and conformance
suites that doubles and real implementations both pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from pydantic import BaseModel

    from harness.evidence import Evidence
    from harness.messages import Message, Reply, Settings, ToolSpec
    from harness.orders import SandboxOrder
    from harness.results import Grade, Probing
    from harness.schema.environment import Environment
    from harness.schema.task import Collect


@dataclass(frozen=True)
class ExecResult:
    """The outcome of one command. `exit_code` is None when it was killed at its timeout.

    `stdout` and `stderr` hold at most the asked bytes each, head and tail;
    `truncated_bytes` counts what was dropped between them.
    """

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float
    timed_out: bool = False
    truncated_bytes: int = 0


@dataclass(frozen=True)
class ShellResult:
    """The outcome of one command in a persistent shell.

    `output` is stdout and stderr as they came, at most the asked size, cut in the middle;
    `truncated_bytes` counts what was cut, `whole` is the host file that keeps it all (or as much
    as the shell's own bound allows). `earlier` is what background jobs printed since the last
    command. `restarted` says why the shell had to be replaced, and is empty when it was not.
    """

    exit_code: int | None
    output: str
    seconds: float
    timed_out: bool = False
    truncated_bytes: int = 0
    whole: Path | None = None
    earlier: str = ""
    restarted: str = ""


class Program(Protocol):
    """An interactive program on a terminal of its own."""

    def send(self, data: bytes) -> None:
        """Type raw bytes. Raises SandboxError when the program is gone."""
        ...

    def read_until(
        self, pattern: str | None, *, quiet_seconds: float, timeout_seconds: float
    ) -> str:
        """What is printed until something ends the wait.

        That is `pattern` (a regular expression) appearing, nothing new for `quiet_seconds` (only
        without a pattern), the program's end, or `timeout_seconds`.
        """
        ...

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        ...


class Shell(Protocol):
    """A persistent shell session in a service."""

    def run(self, command: str, timeout_seconds: float) -> ShellResult:
        """Run a command with the shell's state (directory, variables, jobs) and keep that state.

        Standard input is empty. At the timeout the command's processes are ended and what it
        printed is returned. Raises SandboxLost when the container is gone.
        """
        ...

    def restart(self) -> None:
        """Throw the session away and begin a fresh one."""
        ...


@dataclass(frozen=True)
class Seen:
    """Files by path ("/path", "service:/path") with type, mode, owner, hash; what was `lost`."""

    files: Sequence[Mapping[str, Any]]
    lost: Sequence[str]


class Sandbox(Protocol):
    """The live machines of one sample.

    `service` is one of the environment's, by default the agent's; `user` by default the one that
    the environment names for it.
    """

    @property
    def agent_service(self) -> str:
        """The service that the agent works in."""
        ...

    @property
    def agent_user(self) -> str:
        """The user that the agent is."""
        ...

    @property
    def images(self) -> Mapping[str, str]:
        """Image ids by service."""
        ...

    @property
    def posture(self) -> Mapping[str, Any]:
        """What confines each service."""
        ...

    def exec(
        self,
        argv: Sequence[str],
        *,
        service: str | None = None,
        user: str | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout_seconds: float = 60.0,
        max_bytes: int = 1024**2,
    ) -> ExecResult:
        """Run one command, statelessly. Failure and timeout are results.

        Raises SandboxLost when the container is gone, SandboxError when the engine fails.
        """
        ...

    def read(
        self, path: str, *, service: str | None = None, max_bytes: int = 16 * 1024**2
    ) -> bytes:
        """The content of a regular file. A symlink is never followed.

        Raises FileNotFoundError, IsADirectoryError, or ValueError (a symlink, or too large).
        """
        ...

    def write(
        self,
        path: str,
        data: bytes,
        *,
        service: str | None = None,
        owner: str | None = None,
        mode: int | None = None,
    ) -> None:
        """Create or replace a file, and the folders above it, all owned by `owner` (root)."""
        ...

    def open_shell(
        self, *, service: str | None = None, user: str | None = None, spool: Path | None = None
    ) -> AbstractContextManager[Shell]:
        """A persistent shell. `spool` is a host folder that keeps outputs too long to return."""
        ...

    def open_program(
        self, command: str, *, service: str | None = None, user: str | None = None
    ) -> AbstractContextManager[Program]:
        """An interactive program, given as a shell command line, on a terminal of its own."""
        ...

    def try_boundary(self) -> Sequence[Probing]:
        """Try the network's boundary from inside; empty without one. Raises SandboxError."""
        ...

    def look(self, paths: Sequence[str], heads: Mapping[str, int] | None = None) -> Seen:
        """What stands at and below some paths, without running anything inside.

        `heads`: of how many first bytes a longer file is hashed too. Raises SandboxError.
        """
        ...

    def processes(self) -> Sequence[Mapping[str, Any]]:
        """What runs: service, pid and parent (as the engine counts), first, uid, state, command."""
        ...

    def host_pids(self) -> Mapping[str, int]:
        """The services' main processes, as this machine numbers them; empty if it cannot see them."""
        ...

    def freeze(self) -> None:
        """Stop all processes in the agent's service; other services go on."""
        ...

    def collect(self, spec: Collect, uploads: Mapping[str, bytes], into: Path) -> None:
        """Write the end state to the folder `into`, as harness.evidence draws it.

        Called after `freeze`. `uploads` holds the task's files that collected commands name.
        """
        ...


class Sandboxes(Protocol):
    """Where sandboxes come from."""

    @property
    def posture(self) -> Mapping[str, Any]:
        """What the place can and cannot confine, for the run's record."""
        ...

    def images(self, environment: Environment, folder: Path) -> Mapping[str, str]:
        """Image ids by service, built when needed. Raises ImageBuildError, ContentError."""
        ...

    def open(self, order: SandboxOrder) -> AbstractContextManager[Sandbox]:
        """Start the machines; ready inside the `with`, gone after it. Raises SandboxError."""
        ...

    def ping(self) -> None:
        """Raise EngineUnavailable when nothing can be opened any more."""
        ...

    def end(self, run: str) -> None:
        """Remove at once whatever lives of a run, under the feet of those who use it."""
        ...


@dataclass(frozen=True)
class ToolResult:
    """What a tool gives back to the agent. `whole` keeps, on the host, what `content` cut."""

    content: str
    is_error: bool = False
    exit_code: int | None = None
    whole: Path | None = None


@dataclass(frozen=True)
class Workbench:
    """What a tool works with: the sandbox, as the agent's user.

    `command_seconds()` is the time that a command may take now: the task's limit for one command,
    or what is left of the sample if that is less. `outputs` is a host folder for whole outputs.
    """

    sandbox: Sandbox
    command_seconds: Callable[[], float]
    outputs: Path


class Tool(Protocol):
    """One capability of the agent inside its sandbox."""

    name: ClassVar[str]
    description: ClassVar[str]
    Args: ClassVar[type[BaseModel]]

    def call(self, args: Any, bench: Workbench) -> ToolResult:
        """Do it. Raises Submitted (the submit tool) and SandboxError, nothing else."""
        ...

    def close(self) -> None:
        """Release what the tool holds open; called once, whatever happened."""
        ...


class Model(Protocol):
    """Something that answers messages."""

    name: str
    context_tokens: int

    def generate(
        self,
        messages: Sequence[Message],
        *,
        system: str = "",
        tools: Sequence[ToolSpec] = (),
        settings: Settings | None = None,
    ) -> Reply:
        """One answer. Raises ModelError when none can be had."""
        ...

    def close(self) -> None:
        """Give back what it holds; it answers no more."""
        ...


class Budget(Protocol):
    """What is left of a sample's limits; None means that there is no such limit."""

    @property
    def steps(self) -> int | None:
        """Steps left."""
        ...

    @property
    def tokens(self) -> int | None:
        """Tokens left."""
        ...

    @property
    def usd(self) -> float | None:
        """Dollars left."""
        ...

    @property
    def wall_seconds(self) -> float:
        """Working seconds left."""
        ...


class Session(Protocol):
    """All that an agent may touch.

    `deadline_known` says whether the task lets the agent know its budget. `script` is the
    solution or cheat to be carried out, for agents that declare `wants_script`, else empty.
    """

    instruction: str
    deadline_known: bool
    script: str

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """The tools that the task gives."""
        ...

    @property
    def context_tokens(self) -> int:
        """The model's context window."""
        ...

    @property
    def remaining(self) -> Budget:
        """What is left of the sample's limits."""
        ...

    def generate(
        self, messages: Sequence[Message], *, system: str = "", settings: Settings | None = None
    ) -> Reply:
        """Ask the model: one step. Counts and logs. Raises LimitReached, Refused, ModelError."""
        ...

    def call(
        self, name: str, arguments: Mapping[str, Any], *, call_id: str | None = None
    ) -> ToolResult:
        """Call a tool. With `call_id` it belongs to a reply; without, it is a step of its own.

        Unknown tools and wrong arguments give a result that says so.
        Raises Submitted, LimitReached, SandboxError.
        """
        ...

    def submit(self, answer: str) -> None:
        """Hand in the answer. Raises Submitted."""
        ...

    def note(self, text: str) -> None:
        """Put a remark into the log."""
        ...


class Agent(Protocol):
    """A scaffold: it works in a session until it submits, meets a limit, or returns.

    An instance serves one sample. `wants_model` says whether it needs a model.
    """

    name: ClassVar[str]
    wants_model: ClassVar[bool]
    wants_script: ClassVar[bool]

    def run(self, session: Session) -> None:
        """Work. Ends by Submitted, LimitReached, or returning (which hands in nothing)."""
        ...


Grader = Callable[["Evidence"], "Grade"]
