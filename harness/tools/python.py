"""python: a script in a fresh interpreter."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from harness.protocols import ToolResult, Workbench
from harness.tools.bash import MAX_CHARACTERS, cut_middle


class PythonArgs(BaseModel):
    """Arguments of python."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, description="The script. Print what you want to see.")


class Python:
    """A Python script, run in a fresh interpreter in the agent's home."""

    name: ClassVar[str] = "python"
    description: ClassVar[str] = (
        "Run a Python 3 script in a fresh interpreter and see what it prints. Nothing but files "
        "stays from call to call."
    )
    Args: ClassVar[type[BaseModel]] = PythonArgs

    def close(self) -> None:
        """Nothing is held open."""

    def call(self, args: PythonArgs, bench: Workbench) -> ToolResult:
        """Run the script."""
        seconds = bench.command_seconds()
        result = bench.sandbox.exec(
            ["python3", "-"],
            user=bench.sandbox.agent_user,
            stdin=args.code.encode("utf-8", "surrogatepass"),
            timeout_seconds=seconds,
            max_bytes=4 * MAX_CHARACTERS,
        )
        text = (result.stdout + result.stderr).decode("utf-8", "replace").rstrip("\n")
        parts = [cut_middle(text, MAX_CHARACTERS)] if text else []
        if result.truncated_bytes:
            parts.append(f"[{result.truncated_bytes} bytes of the output were cut and not kept]")
        if result.timed_out:
            parts.append(f"[timed out after {seconds:g} s; its processes were ended]")
        elif result.exit_code:
            parts.append(f"[exit code {result.exit_code}]")
        return ToolResult(
            "\n".join(parts) or "[no output]",
            is_error=result.timed_out,
            exit_code=result.exit_code,
        )
