"""A live session with a model from a script, real tools where that matters, and a clock to turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from harness.events import Event
from harness.messages import Message, Reply, Settings, Text, TokenUsage, ToolSpec
from harness.protocols import ToolResult, Workbench
from harness.schema.task import Limits
from harness.session import Cancellation, LiveSession, Meter
from harness.store import Transcript, read_events
from harness.tools import tool_spec
from harness.tools.submit import Submit


@dataclass
class Clock:
    """Seconds that pass only when a test says so."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


class EchoArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str
    times: int = 1


class Echo:
    """A tool that says what it is told."""

    name: ClassVar[str] = "echo"
    description: ClassVar[str] = "Says it again."
    Args: ClassVar[type[BaseModel]] = EchoArgs

    def call(self, args: EchoArgs, bench: Workbench) -> ToolResult:
        return ToolResult(args.text * args.times, exit_code=0, whole=bench.outputs / "whole.txt")

    def close(self) -> None:
        pass


def reply(text: str = "hm", **fields: Any) -> Reply:
    """What a model says; `usage` by default 10 in and 5 out."""
    said = Message(role="assistant", content=[Text(text=text)])
    return Reply(
        **{
            "message": said,
            "stop_reason": "end_turn",
            "usage": TokenUsage(input=10, output=5),
            "usd": 0.25,
            "model": "double-1",
            **fields,
        }
    )


@dataclass
class ListModel:
    """A model that gives its replies in order and keeps what it was asked."""

    replies: list[Reply] = field(default_factory=list)
    name: str = "double/1"
    context_tokens: int = 1000
    asked: list[dict[str, Any]] = field(default_factory=list)

    def generate(
        self,
        messages: Sequence[Message],
        *,
        system: str = "",
        tools: Sequence[ToolSpec] = (),
        settings: Settings | None = None,
    ) -> Reply:
        self.asked.append(
            {"messages": list(messages), "system": system, "tools": tools, "settings": settings}
        )
        return self.replies.pop(0)

    def close(self) -> None:
        """Nothing to give back."""


@dataclass
class Bench:
    """A session and everything around it that a test looks at."""

    session: LiveSession
    model: ListModel
    clock: Clock
    steps: list[int]
    replies: list[Reply]

    @property
    def events(self) -> list[Event]:
        return [line.event for line in read_events(self.session.log.path)]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


SessionMaker = Callable[..., Bench]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Any:
    """Make a session: `replies` of the model, `limits` and other fields as LiveSession takes them."""
    logs: list[Transcript] = []

    def make_session(
        replies: Sequence[Reply] = (), limits: Mapping[str, Any] | None = None, **fields: Any
    ) -> Bench:
        log = Transcript(tmp_path / f"log-{len(logs)}.jsonl")
        logs.append(log)
        model = ListModel(list(replies))
        tools = {"echo": Echo(), "submit": Submit()}
        steps: list[int] = []
        told: list[Reply] = []
        session = LiveSession(
            **{
                "instruction": "Do it.",
                "deadline_known": True,
                "script": "",
                "meter": Meter(Limits(**(limits or {})), clock),
                "log": log,
                "cancellation": Cancellation(),
                "specs": [tool_spec(tool) for tool in tools.values()],
                "live_tools": tools,
                "bench": Workbench(sandbox=None, command_seconds=lambda: 1.0, outputs=tmp_path),
                "model": model,
                "settings": Settings(max_tokens=77),
                "on_step": steps.append,
                "on_reply": told.append,
                **fields,
            }
        )
        return Bench(session, model, clock, steps, told)

    yield make_session
    for log in logs:
        log.close()


@pytest.fixture
def say() -> Callable[..., Reply]:
    """Make a reply."""
    return reply
