"""process: interactive programs on terminals of their own."""

from __future__ import annotations

from contextlib import ExitStack
from typing import ClassVar, Literal

import regex
from pydantic import BaseModel, ConfigDict, Field

from harness.errors import SandboxError, SandboxStartError
from harness.protocols import Program, ToolResult, Workbench
from harness.tools.bash import MAX_CHARACTERS, cut_middle

_KEYS = {
    "enter": b"\r",
    "tab": b"\t",
    "escape": b"\x1b",
    "backspace": b"\x7f",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "ctrl-c": b"\x03",
    "ctrl-d": b"\x04",
    "ctrl-z": b"\x1a",
}
_MOST = 8


class ProcessArgs(BaseModel):
    """Arguments of process."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["start", "send", "read", "interrupt", "close"] = Field(
        description="start a program, send text or keys to it, read its output, interrupt, close."
    )
    id: str = Field(default="main", description="Your name for the program.")
    command: str = Field(default="", description="start: the command line of the program.")
    text: str = Field(default="", description="send: text to type, exactly; end it with \\n.")
    keys: list[str] = Field(
        default_factory=list, description=f"send: keys after the text: {', '.join(_KEYS)}."
    )
    until: str | None = Field(
        default=None, description="Read until this regular expression appears (else until quiet)."
    )
    quiet_seconds: float = Field(default=0.5, gt=0, le=60)
    timeout_seconds: float = Field(default=10.0, gt=0, le=600)


class Process:
    """Interactive programs: gdb, nc, a REPL."""

    name: ClassVar[str] = "process"
    description: ClassVar[str] = (
        "Drive interactive programs (gdb, nc, a REPL) on terminals of their own: start, send text "
        "or keys, read until the program is quiet or a pattern appears, interrupt, close."
    )
    Args: ClassVar[type[BaseModel]] = ProcessArgs

    def __init__(self) -> None:
        self._open: dict[str, tuple[Program, ExitStack]] = {}

    def close(self) -> None:
        """End all programs."""
        for _, stack in self._open.values():
            stack.close()
        self._open.clear()

    def call(self, args: ProcessArgs, bench: Workbench) -> ToolResult:
        """Do one action."""
        if fault := _fault(args):
            return ToolResult(fault, is_error=True)
        if args.action == "start":
            return self._start(args, bench)
        if args.id not in self._open:
            running = ", ".join(self._open) or "none"
            text = f"No program named {args.id!r} is open (open: {running}). Use action start."
            return ToolResult(text, is_error=True)
        program, stack = self._open[args.id]
        if args.action == "close":
            stack.close()
            del self._open[args.id]
            return ToolResult("closed")
        if args.action == "interrupt":
            program.interrupt()
        if args.action == "send" and not _sent(program, args):
            return self._ended(args.id)
        return self._read(args, bench)

    def _start(self, args: ProcessArgs, bench: Workbench) -> ToolResult:
        if args.id in self._open:
            text = f"{args.id!r} is open already; close it first, or use another id."
            return ToolResult(text, is_error=True)
        if len(self._open) >= _MOST:
            return ToolResult(f"{_MOST} programs are open already; close one.", is_error=True)
        stack = ExitStack()
        try:
            program = stack.enter_context(
                bench.sandbox.open_program(args.command, user=bench.sandbox.agent_user)
            )
        except SandboxStartError as error:
            return ToolResult(f"It could not be started: {error.what}.", is_error=True)
        self._open[args.id] = (program, stack)
        return self._read(args, bench)

    def _read(self, args: ProcessArgs, bench: Workbench) -> ToolResult:
        program, _ = self._open[args.id]
        text = program.read_until(
            args.until,
            quiet_seconds=args.quiet_seconds,
            timeout_seconds=min(args.timeout_seconds, bench.command_seconds()),
        )
        parts = [cut_middle(text, MAX_CHARACTERS)] if text else []
        if not program.alive:
            parts.append("[the program has ended]")
        elif not text:
            parts.append("[nothing was printed]")
        return ToolResult("\n".join(parts))

    def _ended(self, name: str) -> ToolResult:
        _, stack = self._open.pop(name)
        stack.close()
        return ToolResult("The program has ended; start it again.", is_error=True)


def _sent(program: Program, args: ProcessArgs) -> bool:
    """Type the text and keys; False when the program has ended, at this very moment perhaps."""
    keys = b"".join(_KEYS[key.lower()] for key in args.keys)
    try:
        program.send(args.text.encode("utf-8", "surrogatepass") + keys)
    except SandboxError:
        # `alive` raises when it is the container that is gone.
        if program.alive:
            raise
        return False
    return True


def _fault(args: ProcessArgs) -> str:
    """What is wrong with the arguments, beyond their types; empty when nothing is."""
    if args.action == "start" and not args.command.strip():
        return "action start needs a command."
    if unknown := [key for key in args.keys if key.lower() not in _KEYS]:
        return f"unknown keys {', '.join(unknown)}; known: {', '.join(_KEYS)}."
    if args.until is not None:
        try:
            regex.compile(args.until.encode("utf-8", "surrogatepass"))
        except regex.error as error:
            return f"until is not a regular expression: {error}."
    return ""
