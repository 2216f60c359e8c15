"""bash: commands in a persistent shell."""

from __future__ import annotations

from contextlib import ExitStack
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from harness.errors import SandboxError, SandboxStartError
from harness.protocols import Shell, ShellResult, ToolResult, Workbench

MAX_CHARACTERS = 20_000
_KEPT_BYTES = 16 * 1024**2
_KEPT_FOLDER = "/tmp/outputs"  # noqa: S108 - a path inside the sandbox, the agent's own


class BashArgs(BaseModel):
    """Arguments of bash."""

    model_config = ConfigDict(extra="forbid")

    command: str = Field(default="", description="The command, one line or many.")
    restart: bool = Field(default=False, description="Throw the shell away and start a new one.")
    timeout_seconds: float | None = Field(
        default=None, gt=0, description="End the command after this long; the task sets a maximum."
    )


class Bash:
    """Commands in a shell that keeps directory, variables and background jobs."""

    name: ClassVar[str] = "bash"
    description: ClassVar[str] = (
        "Run a command in a persistent bash session: directory, variables and background jobs "
        "stay from call to call. Standard input is empty; use the process tool for interactive "
        "programs. Long output is cut in the middle and kept whole in a file that is named."
    )
    Args: ClassVar[type[BaseModel]] = BashArgs

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._shell: Shell | None = None

    def close(self) -> None:
        """Drop the shell."""
        self._stack.close()

    def _open(self, bench: Workbench) -> Shell:
        if self._shell is None:
            self._shell = self._stack.enter_context(
                bench.sandbox.open_shell(user=bench.sandbox.agent_user, spool=bench.outputs)
            )
        return self._shell

    def call(self, args: BashArgs, bench: Workbench) -> ToolResult:
        """Run the command, or restart the shell.

        Once a shell has worked, one that cannot be opened is the agent's doing (it may have used
        up its processes), and told to it. Raises SandboxError for what is not.
        """
        if not args.command.strip() and not args.restart:
            return ToolResult("bash needs a command, or restart = true.", is_error=True)
        shell = self._open(bench)
        try:
            return self._run(shell, args, bench)
        except SandboxStartError as error:
            return ToolResult(f"No shell can be opened now: {error.what}.", is_error=True)

    def _run(self, shell: Shell, args: BashArgs, bench: Workbench) -> ToolResult:
        if args.restart:
            shell.restart()
            if not args.command.strip():
                return ToolResult("The shell was restarted.")
        most = bench.command_seconds()
        seconds = min(most, args.timeout_seconds or most)
        result = shell.run(args.command, seconds)
        kept = _keep(result, bench)
        return ToolResult(
            content=_render(result, seconds, kept),
            is_error=result.timed_out,
            exit_code=result.exit_code,
            whole=result.whole,
        )


def _keep(result: ShellResult, bench: Workbench) -> str:
    """Put a cut output into the sandbox whole, where the agent can read it; its path or ''."""
    if result.whole is None:
        return ""
    path = f"{_KEPT_FOLDER}/{result.whole.name}"
    try:
        with result.whole.open("rb") as file:
            data = file.read(_KEPT_BYTES)
        bench.sandbox.write(path, data, owner=bench.sandbox.agent_user)
    except SandboxError:
        return ""
    return path


def cut_middle(text: str, limit: int, where: str = "") -> str:
    """`text` with its middle cut to `limit` characters, saying how much, and `where` the whole is."""
    if len(text) <= limit:
        return text
    half = limit // 2
    note = f"[... {len(text) - 2 * half} characters cut here{f'; whole: {where}' if where else ''} ...]"
    return f"{text[:half]}\n{note}\n{text[-half:]}"


def _render(result: ShellResult, seconds: float, kept: str) -> str:
    parts = []
    if result.earlier.strip():
        parts.append(f"[from background jobs, before this command]\n{result.earlier.rstrip()}")
    output = cut_middle(result.output, MAX_CHARACTERS, kept)
    if output.strip():
        parts.append(output.rstrip("\n"))
    if result.truncated_bytes:
        where = f"the whole is in {kept}" if kept else "the rest was not kept"
        parts.append(f"[{result.truncated_bytes} bytes of the output were cut; {where}]")
    if result.timed_out:
        parts.append(f"[timed out after {seconds:g} s; its processes were ended]")
    elif result.exit_code:
        parts.append(f"[exit code {result.exit_code}]")
    if result.restarted:
        parts.append(f"[{result.restarted}; a new shell was started, its state is fresh]")
    return "\n".join(parts) or "[no output]"
