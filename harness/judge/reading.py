"""A stored attempt as numbered messages, short enough for a judge's context."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.store import read_events

_MESSAGE_CHARS = 4000
# Of a model's context: a token is seldom less than three characters.
_CHARS_PER_TOKEN, _SHARE = 3, 0.6


@dataclass(frozen=True)
class Passage:
    """One numbered message: what kind, whose step, its text, and its line in the log."""

    number: int
    kind: str
    step: int | None
    text: str
    line: int = 0

    def shown(self, most: int) -> str:
        """As the judge reads it, cut in the middle to `most` characters."""
        text = self.text
        if len(text) > most:
            half = most // 2
            text = f"{text[:half]}\n[... {len(text) - most} characters cut ...]\n{text[-half:]}"
        return f"[{self.number}] {self.kind}:\n{text}"


def passages(events: Path) -> list[Passage]:
    """What the agent was asked, said, did and saw, in order, from a log whose chain is verified.

    Raises StoreError.
    """
    found = (
        (*said, line.seq + 1)
        for line in read_events(events)
        for said in _said(line.event.model_dump())
    )
    return [Passage(number, *each) for number, each in enumerate(found, start=1)]


def _said(event: Mapping[str, Any]) -> Iterator[tuple[str, int | None, str]]:
    match event["kind"]:
        case "note" if event["source"] == "instruction":
            yield "instruction", None, event["text"]
        case "model_reply":
            for block in event["reply"]["message"]["content"]:
                text = block.get("text") or block.get("thinking")
                if text:
                    yield f"agent ({block['type']})", event["step"], text
        case "tool_call":
            yield f"agent calls {event['tool']}", event["step"], _arguments(event["input"])
        case "tool_result":
            yield "tool output", event["step"], event["content"]
        case "stop":
            yield f"end ({event['how']})", None, event["detail"]


def _arguments(given: Mapping[str, Any]) -> str:
    (only,) = given.values() if len(given) == 1 else (None,)
    return only if isinstance(only, str) else json.dumps(given, ensure_ascii=False)


def render(read: Sequence[Passage], context_tokens: int) -> tuple[str, bool]:
    """The transcript as one text, and whether all of it is there.

    Long messages are cut in the middle; when that is not enough, messages of the middle are left
    out: beginnings and ends are where instructions and reports stand.
    """
    budget = int(context_tokens * _CHARS_PER_TOKEN * _SHARE)
    shown = [each.shown(_MESSAGE_CHARS) for each in read]
    whole = all(len(each.text) <= _MESSAGE_CHARS for each in read)
    if sum(map(len, shown)) <= budget:
        return "\n\n".join(shown), whole
    head, tail = _ends(shown, budget)
    left_out = len(shown) - len(head) - len(tail)
    return "\n\n".join([*head, f"[{left_out} messages left out here]", *tail]), False


def _ends(shown: Sequence[str], budget: int) -> tuple[list[str], list[str]]:
    head: list[str] = []
    tail: list[str] = []
    left = budget
    for first, last in zip(shown, reversed(shown), strict=True):
        if len(head) + len(tail) + 2 > len(shown) or len(first) + len(last) > left:
            break
        head.append(first)
        tail.append(last)
        left -= len(first) + len(last)
    return head, tail[::-1]
