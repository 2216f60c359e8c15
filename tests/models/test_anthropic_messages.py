"""Requests and answers of the Messages API, by the real SDK."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from harness.errors import Cancelled, ModelError, UsageError
from harness.messages import (
    Message,
    RedactedThinking,
    Settings,
    Text,
    Thinking,
    ToolAnswer,
    ToolSpec,
    user_message,
)
from harness.testing.messages_steps import Answer, Fault, RawAnswer, text, thinking, tool_use

TOOLS = [
    ToolSpec(name=name, description="d", input_schema={"type": "object"})
    for name in ("bash", "edit", "submit")
]


def _markers(value: Any) -> int:
    return json.dumps(value).count('"cache_control"')


def _turn(reply: Any, *outputs: str) -> list[Message]:
    uses = reply.message.tool_uses
    answers = [
        ToolAnswer(tool_use_id=use.id, content=out) for use, out in zip(uses, outputs, strict=True)
    ]
    return [reply.message, Message(role="user", content=answers)]


def test_the_second_request_holds_exactly_the_blocks_of_the_first_reply(connect: Any) -> None:
    blocks = [
        thinking("let me see", "sig/1=="),
        {"type": "redacted_thinking", "data": "opaque"},
        thinking("", "sig/2=="),
        text("I look."),
        tool_use("a", "bash", {"command": "ls -la", "n": [1, {"x": None}]}),
        tool_use("b", "edit", {}),
    ]
    with connect([Answer(blocks), Answer([text("ok")])]) as (model, server):
        first = model.generate([user_message("go")], tools=TOOLS)
        model.generate([user_message("go"), *_turn(first, "one", "two")], tools=TOOLS)
    sent = server.requests[1].body["messages"][1]
    expected = [{k: v for k, v in block.items() if k != "raw"} for block in blocks]
    assert sent == {"role": "assistant", "content": expected}
    assert [type(block) for block in first.message.content[:3]] == [
        Thinking,
        RedactedThinking,
        Thinking,
    ]


def test_a_changed_signature_is_refused_by_the_server(connect: Any) -> None:
    with connect([Answer([thinking("t", "right"), tool_use("a", "bash", {})])]) as (model, _):
        first = model.generate([user_message("go")], tools=TOOLS)
        forged = [Thinking(thinking="t", signature="wrong"), *first.message.content[1:]]
        answer = Message(role="user", content=[ToolAnswer(tool_use_id="a", content="x")])
        with pytest.raises(ModelError, match="signature"):
            model.generate([user_message("go"), Message(role="assistant", content=forged), answer])


def test_at_most_four_blocks_are_marked_for_the_cache(connect: Any) -> None:
    steps = [Answer([tool_use(f"id{n}", "bash", {})]) for n in range(5)]
    with connect(steps) as (model, server):
        history = [user_message("go")]
        for _ in steps:
            reply = model.generate(history, system="You are an agent.", tools=TOOLS)
            history += _turn(reply, "out")
    bodies = [request.body for request in server.requests]
    assert [_markers(body) for body in bodies] == [3, 4, 4, 4, 4]
    assert _markers(bodies[-1]["system"]) == 1
    assert "cache_control" in bodies[-1]["tools"][-1]
    assert [_markers(message) for message in bodies[-1]["messages"][-3:]] == [1, 0, 1]


def test_a_conversation_is_never_changed_by_sending_it(connect: Any) -> None:
    message = user_message("go")
    with connect([Answer([text("a")]), Answer([text("b")])]) as (model, server):
        model.generate([message], tools=TOOLS)
        model.generate([message], tools=TOOLS)
    assert server.requests[0].body == server.requests[1].body


def test_settings_reach_the_api_under_its_own_names(connect: Any) -> None:
    settings = Settings(max_tokens=9000, effort="xhigh", thinking_tokens=2048)
    with connect([Answer([text("x")])] * 2, settings=settings) as (model, server):
        model.generate([user_message("go")])
        model.generate([user_message("go")], settings=Settings(max_tokens=50))
    body = server.requests[0].body
    assert body["max_tokens"] == 9000
    assert body["output_config"] == {"effort": "xhigh"}
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert {"temperature", "system", "tools"}.isdisjoint(body)
    assert set(server.requests[1].body) == {"max_tokens", "messages", "model", "stream"}


def test_temperature_asks_for_the_api_version_that_still_takes_it(connect: Any) -> None:
    with connect([Answer([text("x")])]) as (model, server):
        model.generate([user_message("go")], settings=Settings(temperature=0.0))
    assert server.requests[0].body["temperature"] == 0.0
    assert server.requests[0].headers["anthropic-version"] == "2023-06-01"


def test_thinking_that_leaves_no_room_for_an_answer_is_a_usage_error(connect: Any) -> None:
    with connect([]) as (model, server), pytest.raises(UsageError, match="thinking_tokens 4096"):
        model.generate(
            [user_message("x")], settings=Settings(max_tokens=4096, thinking_tokens=4096)
        )
    assert server.requests == []


def test_blocks_that_the_api_refuses_are_left_out_or_worded(connect: Any) -> None:
    history = [
        user_message("go"),
        Message(role="assistant", content=[]),
        Message(role="user", content=[Text(text=" \n"), Text(text="go on")]),
        Message(role="assistant", content=[Thinking(thinking="cut", signature=""), Text(text="a")]),
        user_message("again"),
    ]
    with connect([Answer([text("x")])]) as (model, server):
        model.generate(history)
    messages = server.requests[0].body["messages"]
    assert [[block["text"] for block in message["content"]] for message in messages] == [
        ["go", "go on"],
        ["a"],
        ["again"],
    ]


def test_a_failed_tool_without_output_can_be_sent(connect: Any) -> None:
    with connect([Answer([tool_use("a", "bash", {})]), Answer([text("x")])]) as (model, server):
        first = model.generate([user_message("go")], tools=TOOLS)
        answer = ToolAnswer(tool_use_id="a", content="", is_error=True)
        model.generate(
            [user_message("go"), first.message, Message(role="user", content=[answer])], tools=TOOLS
        )
    assert server.requests[1].body["messages"][2]["content"][0]["content"] == "(no output)"


def test_usage_and_cost_count_cached_tokens(connect: Any) -> None:
    usage = {
        "input_tokens": 1_000_000,
        "output_tokens": 100_000,
        "cache_read_input_tokens": 2_000_000,
        "cache_creation_input_tokens": 400_000,
    }
    with connect([Answer([text("x")], usage=usage)]) as (model, _):
        reply = model.generate([user_message("go")])
    assert reply.usage.model_dump() == {
        "input": 1_000_000,
        "output": 100_000,
        "cache_read": 2_000_000,
        "cache_write": 400_000,
    }
    assert reply.usd == pytest.approx(5.0 + 2.5 + 1.0 + 2.5)


def test_the_returned_model_and_request_are_recorded_and_priced(connect: Any) -> None:
    steps = [
        Answer([text("x")], model="claude-opus-4-5-20251101"),
        Answer([text("x")], model="some-other-model"),
    ]
    with connect(steps) as (model, server):
        dated, other = (model.generate([user_message("go")]) for _ in steps)
    assert server.requests[0].body["model"] == "claude-opus-4-5"
    assert (dated.model, dated.request_id) == ("claude-opus-4-5-20251101", "req_1")
    assert dated.usd is not None
    assert (other.model, other.usd) == ("some-other-model", None)


def test_a_refusal_without_text_carries_the_apis_explanation(connect: Any) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Could enable harm."}
    steps = [Answer([], stop_reason="refusal", stop_details=details)]
    with connect(steps) as (model, _):
        reply = model.generate([user_message("go")])
    assert reply.stop_reason == "refusal"
    assert reply.message.text == "(refused: cyber: Could enable harm.)"


def test_a_full_context_window_counts_as_a_cut_reply(connect: Any) -> None:
    steps = [Answer([text("so f")], stop_reason="model_context_window_exceeded")]
    with connect(steps) as (model, _):
        assert model.generate([user_message("go")]).stop_reason == "max_tokens"


def test_a_call_cut_before_its_first_argument_is_unreadable(connect: Any) -> None:
    cut = tool_use("a", "bash", {}, raw="")
    steps = [Answer([text("x"), cut], stop_reason="max_tokens"), Answer([cut])]
    with connect(steps) as (model, _):
        (use,) = model.generate([user_message("go")]).message.tool_uses
        (whole,) = model.generate([user_message("go")]).message.tool_uses
    assert dict(use.input) == {"unreadable_input": ""}
    assert dict(whole.input) == {}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer([{"type": "hologram", "data": "xyz"}]), "unknown type 'hologram'"),
        (Answer([text("x")], stop_reason="bored"), "unknown reason 'bored'"),
    ],
)
def test_what_is_not_known_is_an_error_that_loses_nothing(
    answer: Answer, said: str, connect: Any
) -> None:
    with connect([answer]) as (model, server), pytest.raises(ModelError, match=said) as caught:
        model.generate([user_message("go")])
    assert len(server.requests) == 1
    assert json.loads(caught.value.detail) == list(answer.content)


def test_an_answer_that_is_no_stream_is_an_error_at_once(connect: Any) -> None:
    page = RawAnswer(b"<html>log in</html>", content_type="text/html")
    with connect([page]) as (model, server), pytest.raises(ModelError, match="text/html"):
        model.generate([user_message("go")])
    assert len(server.requests) == 1


def test_a_set_event_ends_a_call_in_mid_stream(connect: Any) -> None:
    cancelled = threading.Event()

    def program(_: Any) -> Answer:
        cancelled.set()
        return Answer([text("never read")])

    with connect(program, cancelled=cancelled) as (model, _), pytest.raises(Cancelled):
        model.generate([user_message("go")])


def test_no_error_shows_the_key(connect: Any) -> None:
    echo = Fault(401, "authentication_error", "invalid x-api-key")
    with connect([echo]) as (model, _), pytest.raises(ModelError) as caught:
        model.generate([user_message("go")])
    assert "ANTHROPIC_API_KEY" in str(caught.value)
    assert "sk-secret" not in repr(caught.value) + caught.value.detail
    assert caught.value.__cause__ is None
