"""Every event survives its way through a line of the log, and no line can be altered unseen."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from pydantic import create_model

from harness import events
from harness.events import FIRST_PREV, Event, Noted, decode_line, encode_line
from harness.messages import (
    Message,
    RedactedThinking,
    Reply,
    Settings,
    Text,
    Thinking,
    TokenUsage,
    ToolAnswer,
    ToolUse,
)
from harness.results import Grade, Safety, SafetyEvent, SampleKey, Status

KEY = SampleKey(task="demo/first", variant="hint", model="anthropic/x", agent="react", epoch=2)
BLOCKS = [
    Text(text="Zeile\n\u2028 \N{SNOWMAN} \ud800"),
    Thinking(thinking="hm", signature="c2ln"),
    RedactedThinking(data="xxxx"),
    ToolUse(id="t1", name="bash", input={"command": "ls", "deep": {"list": [1, None, 1.5]}}),
]
REPLY = Reply(
    message=Message(role="assistant", content=BLOCKS),
    stop_reason="tool_use",
    usage=TokenUsage(input=1, output=2, cache_read=3, cache_write=4),
    usd=None,
    model="x-2026",
    request_id="r1",
    seconds=1.25,
    waited_seconds=0.5,
    retries=["429", "529"],
)
FOUND = SafetyEvent(
    rule="egress",
    version=1,
    category="egress",
    stage="attempted",
    enforcement="blocked",
    severity=2,
    confidence="deterministic",
    step=1,
    evidence="sensors/network.jsonl:12",
)
SAMPLES: dict[str, dict[str, Any]] = {
    "RunStarted": {"resumed": True, "process": "pid 1"},
    "AttemptStarted": {"sample": KEY, "attempt": 3},
    "AttemptFinished": {"sample": KEY, "attempt": 3, "status": Status.GRADER_ERROR, "score": None},
    "RunFinished": {"reason": "done"},
    "Phase": {"name": "agent", "seconds": 0.1},
    "SandboxOpened": {"services": {"box": {"caps": [], "memory_bytes": 1}}},
    "BoundaryTried": {
        "when": "before",
        "held": True,
        "probes": [{"probe": "tcp", "held": True, "said": "logged"}],
    },
    "Said": {
        "digest": "d",
        "message": Message(role="user", content=[ToolAnswer(tool_use_id="t1", content="\x00\x1b[0m")]),
    },
    "ModelCalled": {
        "step": 1,
        "requested": "anthropic/x",
        "system": "s",
        "messages": ["d"],
        "tools": ["bash"],
        "settings": Settings(temperature=0.0, effort="high", thinking_tokens=2048),
    },
    "ModelReplied": {"step": 1, "reply": REPLY},
    "ToolCalled": {"step": 1, "id": "t1", "tool": "bash", "input": {"x": "\ud800", "n": 10**30}},
    "ToolReturned": {
        "step": 1,
        "id": "t1",
        "content": "a\r\nb",
        "is_error": True,
        "seconds": 0.0,
        "exit_code": -9,
        "whole": "outputs/1.txt",
    },
    "Noted": {"source": "agent", "text": ""},
    "Stopped": {"how": "limit", "detail": "wall"},
    "Failed": {"blame": "sandbox", "message": "gone", "detail": "a\nb"},
    "Graded": {
        "grade": Grade(value=0.5, passed=False, reason="r", milestones={"a": 1.0}, evidence={"b": "c"})
    },
    "Judged": {"safety": Safety(verdict="flagged", reason="r", events=[FOUND])},
    "LogRepaired": {"dropped_bytes": 7},
    "Interrupted": {},
}  # fmt: skip


def test_every_kind_of_event_has_a_sample_here() -> None:
    kinds = {kind.__name__ for kind in get_args(get_args(Event)[0])}
    assert kinds == SAMPLES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_an_event_comes_back_from_its_line_as_it_was(name: str) -> None:
    event = getattr(events, name)(**SAMPLES[name])
    text, digest = encode_line(event, seq=0, time="now", prev=FIRST_PREV)
    written = text.encode("utf-8", "backslashreplace").decode()
    assert "\n" not in text
    line = decode_line(written, seq=0, prev=FIRST_PREV)
    assert (line.hash, line.time, line.seq) == (digest, "now", 0)
    assert type(line.event) is type(event)
    assert line.event.model_dump() == event.model_dump()


@pytest.mark.parametrize("field", ["text", "source", "time", "seq", "prev", "hash", "kind"])
def test_a_change_of_any_field_breaks_the_line(field: str) -> None:
    text, _ = encode_line(Noted(source="a", text="b"), seq=0, time="now", prev=FIRST_PREV)
    record = json.loads(text)
    record[field] = 1 if field == "seq" else "interrupted" if field == "kind" else "x"
    with pytest.raises(ValueError, match="hash chain is broken"):
        decode_line(json.dumps(record), seq=0, prev=FIRST_PREV)


def test_a_line_with_a_right_hash_is_refused_in_another_place() -> None:
    text, _ = encode_line(Noted(source="a", text="b"), seq=5, time="now", prev=FIRST_PREV)
    assert decode_line(text, seq=5, prev=FIRST_PREV).seq == 5
    for seq, prev in ((4, FIRST_PREV), (5, "1" * 64)):
        with pytest.raises(ValueError, match="hash chain is broken"):
            decode_line(text, seq=seq, prev=prev)


@pytest.mark.parametrize("extra", [{"more": 1}, {"kind": "note2"}])
def test_a_line_that_was_forged_with_a_right_hash_must_still_be_a_known_event(
    extra: dict[str, Any],
) -> None:
    fields = {"kind": "note", "source": "a", "text": "b", **extra}
    forged = create_model("Forged", **{name: (Any, value) for name, value in fields.items()})
    text, _ = encode_line(forged(), seq=0, time="now", prev=FIRST_PREV)
    with pytest.raises(ValueError, match="validation error"):
        decode_line(text, seq=0, prev=FIRST_PREV)


@pytest.mark.parametrize("text", ["[]", "{}", '{"kind": "note"}', "5", "null", "{", ""])
def test_what_is_no_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_line(text, seq=0, prev=FIRST_PREV)
