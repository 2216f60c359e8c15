"""A session that says what a test wants, and agents loaded as the harness loads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.content.agents import load_agent
from harness.content.roots import Roots
from harness.errors import Submitted
from harness.messages import Message, Reply, Settings, Text, TokenUsage, ToolSpec, ToolUse
from harness.protocols import Agent, ToolResult

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass
class Left:
    """What is left of the limits."""

    steps: int | None = 9
    tokens: int | None = 1000
    usd: float | None = None
    wall_seconds: float = 59.6


@dataclass
class Recorded:
    """A session (harness.protocols.Session) that keeps all it is told.

    `replies` are given in order; past them the model goes on talking. `outputs` maps a command to
    what the bash tool gives for it.
    """

    instruction: str = "Do it."
    deadline_known: bool = False
    script: str = ""
    context_tokens: int = 200_000
    remaining: Left = field(default_factory=Left)
    tool_names: Sequence[str] = ("bash", "submit")
    replies: list[Reply] = field(default_factory=list)
    outputs: Mapping[str, ToolResult] = field(default_factory=dict)
    asked: list[list[Message]] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, Any], str | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def tools(self) -> Sequence[ToolSpec]:
        return [ToolSpec(name=name, description=name, input_schema={}) for name in self.tool_names]

    def generate(
        self, messages: Sequence[Message], *, system: str = "", settings: Settings | None = None
    ) -> Reply:
        self.asked.append(list(messages))
        self.systems.append(system)
        return self.replies.pop(0) if self.replies else saying("...")

    def call(
        self, name: str, arguments: Mapping[str, Any], *, call_id: str | None = None
    ) -> ToolResult:
        self.calls.append((name, arguments, call_id))
        if name == "submit":
            raise Submitted(arguments.get("answer", ""))
        default = ToolResult(f"ran {arguments.get('command')}", exit_code=0)
        return self.outputs.get(arguments.get("command", ""), default)

    def submit(self, answer: str) -> None:
        raise Submitted(answer)

    def note(self, text: str) -> None:
        self.notes.append(text)

    @property
    def commands(self) -> list[str]:
        return [arguments["command"] for name, arguments, _ in self.calls if name == "bash"]


def saying(text: str = "", *uses: ToolUse, **fields: Any) -> Reply:
    """A reply of text and tool calls."""
    content = [*([Text(text=text)] if text else []), *uses]
    stop = "tool_use" if uses else "end_turn"
    return Reply(
        **{
            "message": Message(role="assistant", content=content),
            "stop_reason": stop,
            "usage": TokenUsage(),
            "usd": 0.0,
            "model": "double",
            **fields,
        }
    )


def bash(command: str, call: str = "t1") -> ToolUse:
    """A call of the bash tool."""
    return ToolUse(id=call, name="bash", input={"command": command})


Loaded = Callable[[str], Agent]


@pytest.fixture
def agent() -> Loaded:
    """A fresh agent of this checkout."""
    return lambda spec: load_agent(spec, Roots((CHECKOUT,))).make()


@pytest.fixture
def session() -> type[Recorded]:
    """Make a session."""
    return Recorded


@pytest.fixture
def say() -> Callable[..., Reply]:
    """Make a reply."""
    return saying


@pytest.fixture
def run_bash() -> Callable[..., ToolUse]:
    """Make a call of the bash tool."""
    return bash
