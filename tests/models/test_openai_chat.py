"""Requests and answers of Chat Completions, by the real SDK."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import pytest

from harness.errors import Cancelled, ModelError, UsageError
from harness.messages import (
    Message,
    Settings,
    Text,
    Thinking,
    ToolAnswer,
    ToolSpec,
    ToolUse,
    user_message,
)
from harness.models import check_model, open_model
from harness.models.chat_wire import request_body
from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, Fault, RawAnswer, text, thinking, tool_use

GO = [user_message("go")]
BASH = ToolSpec(name="bash", description="Run.", input_schema={"type": "object"})
HELLO = Answer([text("hello")])


def stream(*chunks: Any, done: bool = True) -> RawAnswer:
    """A stream of chunks as some server or other sends them."""
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    lines += ["data: [DONE]\n\n"] if done else []
    return RawAnswer("".join(lines).encode(), content_type="text/event-stream")


def delta(finish_reason: str | None = None, **fields: Any) -> dict[str, Any]:
    """One chunk with one choice."""
    choice = {"index": 0, "delta": fields, "finish_reason": finish_reason}
    return {"id": "c1", "model": "m", "object": "chat.completion.chunk", "choices": [choice]}


def call(arguments: Any, **fields: Any) -> dict[str, Any]:
    """A piece of a tool call."""
    function = {"name": fields.pop("name", None), "arguments": arguments}
    return {**fields, "function": function}


def test_the_whole_conversation_goes_back_in_the_protocols_form(connect_chat: Any) -> None:
    first_answer = Answer(
        [
            thinking("let me see", "unused"),
            text("I look."),
            tool_use("a", "bash", {"command": "ls"}),
            tool_use("b", "edit", {}),
        ]
    )
    with connect_chat([first_answer, HELLO]) as (model, server):
        first = model.generate(GO, system="You are an agent.", tools=[BASH])
        answers = [
            ToolAnswer(tool_use_id="a", content="one"),
            ToolAnswer(tool_use_id="b", content=" ", is_error=True),
            Text(text="3 steps left"),
        ]
        history = [*GO, first.message, Message(role="user", content=answers)]
        model.generate(history, system="You are an agent.", tools=[BASH])
    body = server.requests[1].body
    calls = [
        {
            "id": "a",
            "type": "function",
            "function": {"name": "bash", "arguments": '{"command": "ls"}'},
        },
        {"id": "b", "type": "function", "function": {"name": "edit", "arguments": "{}"}},
    ]
    assert body["messages"] == [
        {"role": "system", "content": "You are an agent."},
        {"role": "user", "content": "go"},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": calls,
            "reasoning_content": "let me see",
        },
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "tool", "tool_call_id": "b", "content": "(no output)"},
        {"role": "user", "content": "3 steps left"},
    ]
    function = {"name": "bash", "description": "Run.", "parameters": {"type": "object"}}
    assert body["tools"] == [{"type": "function", "function": function}]


def test_only_what_is_needed_is_asked_for(connect_chat: Any) -> None:
    with connect_chat([HELLO, HELLO]) as (model, server):
        model.generate(GO)
        model.generate(GO, settings=Settings(max_tokens=50, temperature=0.0, effort="low"))
    plain, set_up = (request.body for request in server.requests)
    assert plain == {
        "model": "gpt-test",
        "messages": [{"role": "user", "content": "go"}],
        "max_tokens": 16_000,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert (set_up["max_tokens"], set_up["temperature"]) == (50, 0.0)
    assert set_up["reasoning_effort"] == "low"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://own.openai.azure.com/openai/v1", "max_completion_tokens"),
        ("http://127.0.0.1:9/v1", "max_tokens"),
        ("http://notopenai.com/v1", "max_tokens"),
    ],
)
def test_the_length_has_the_name_that_the_server_takes(address: str, name: str) -> None:
    model: Any = open_model("openai/x", base_url=address)
    assert model._length_name == name
    model.close()


def test_a_setting_that_the_protocol_lacks_is_refused(connect_chat: Any) -> None:
    with connect_chat([]) as (model, server), pytest.raises(UsageError, match="thinking_tokens"):
        model.generate(GO, settings=Settings(thinking_tokens=2048))
    assert server.requests == []


def test_what_servers_refuse_is_left_out_and_users_are_joined() -> None:
    history = [
        *GO,
        Message(role="assistant", content=[]),
        Message(role="user", content=[Text(text=" \n"), Text(text="go on")]),
        Message(role="assistant", content=[Thinking(thinking="hm", signature="reasoning")]),
        user_message("again"),
        Message(
            role="assistant", content=[Thinking(thinking="x", signature="sig=="), Text(text="a")]
        ),
    ]
    body = request_body(history, system=" ", tools=(), settings=Settings(), length_name="n")
    assert body["messages"] == [
        {"role": "user", "content": "go\n\ngo on\n\nagain"},
        {"role": "assistant", "content": "a"},
    ]


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_reasoning_goes_back_under_the_name_it_came_by(name: str, connect_chat: Any) -> None:
    steps = [stream(delta(**{name: "I th"}), delta(**{name: "ink"}), delta("stop", content="x"))]
    with connect_chat(steps) as (model, _):
        reply = model.generate(GO)
    assert reply.message.content[0] == Thinking(thinking="I think", signature=name)
    body = request_body([reply.message], system="", tools=(), settings=Settings(), length_name="n")
    assert body["messages"] == [{"role": "assistant", "content": "x", name: "I think"}]


def test_reasoning_under_both_names_is_taken_once(connect_chat: Any) -> None:
    both = {"reasoning": "hm", "reasoning_content": "hm"}
    with connect_chat([stream(delta(**both), delta("stop", content="x"))]) as (model, _):
        blocks = model.generate(GO).message.content
    assert [block.type for block in blocks] == ["thinking", "text"]


@pytest.mark.parametrize(
    "pieces",
    [
        [[call("{}", index=0, id="a", name="x")], [call("{}", index=0, id="b", name="y")]],
        [[call("{}", id="a", name="x"), call("{}", id="b", name="y")]],
        [[call("{", id="a", name="x")], [call("}")], [call("{", id="b", name="y")], [call("}")]],
        [
            [call("{", index=0, id="a", name="x"), call("{", index=1, id="b", name="y")],
            [call("}", index=1, id="b"), call("}", index=0, id="")],
        ],
        [
            [call("{}", index=1, id="a", name="x")],
            [call("{", index=0, id="b", name="y")],
            [call("", index=1)],
            [call("}", index=0)],
        ],
        [[call({}, index=0, id="a", name="x"), call("", index=1, id="b", name="y")]],
    ],
)
def test_calls_are_told_apart_however_a_server_numbers_them(pieces: Any, connect_chat: Any) -> None:
    chunks = [delta(tool_calls=each) for each in pieces]
    with connect_chat([stream(*chunks, delta("stop"))]) as (model, _):
        reply = model.generate(GO)
    assert reply.message.tool_uses == [
        ToolUse(id="a", name="x", input={}),
        ToolUse(id="b", name="y", input={}),
    ]
    assert reply.stop_reason == "tool_use"


def test_calls_without_ids_get_some(connect_chat: Any) -> None:
    pieces = [call("{}", index=0, name="x"), call("{}", index=1, name="y")]
    with connect_chat([stream(delta("tool_calls", tool_calls=pieces))]) as (model, _):
        ids = [use.id for use in model.generate(GO).message.tool_uses]
    assert len(set(ids)) == 2
    assert all(ids)


def test_a_call_cut_before_its_first_argument_is_unreadable(connect_chat: Any) -> None:
    cut = tool_use("a", "bash", {}, raw="")
    with connect_chat([Answer([cut], stop_reason="max_tokens")]) as (model, _):
        (use,) = model.generate(GO).message.tool_uses
    assert dict(use.input) == {"unreadable_input": ""}


def test_a_filtered_answer_is_a_refusal(connect_chat: Any) -> None:
    steps = [Answer([], stop_reason="refusal"), stream(delta("content_filter", content="so f"))]
    with connect_chat(steps) as (model, _):
        silent, cut = (model.generate(GO) for _ in steps)
    assert (silent.stop_reason, cut.stop_reason) == ("refusal", "refusal")
    assert silent.message.text == "(refused: content_filter)"
    assert cut.message.text == "so f"


def test_an_unknown_finish_reason_is_an_error_that_loses_nothing(connect_chat: Any) -> None:
    answer = Answer([text("so far")], stop_reason="bored")
    with (
        connect_chat([answer]) as (model, server),
        pytest.raises(ModelError, match="unknown reason 'bored'") as caught,
    ):
        model.generate(GO)
    assert len(server.requests) == 1
    assert "so far" in caught.value.detail


def test_usage_counts_cached_tokens_apart(connect_chat: Any) -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_input_tokens": 7,
        "cache_creation_input_tokens": 3,
    }
    with connect_chat([Answer([text("x")], usage=usage)]) as (model, _):
        reply = model.generate(GO)
    counted = {"input": 100, "output": 20, "cache_read": 7, "cache_write": 3}
    assert reply.usage.model_dump() == counted
    assert reply.usd is None
    assert (reply.model, reply.request_id) == ("gpt-test", "req_1")


def test_without_a_count_of_tokens_there_is_no_cost(
    connect_chat: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    prices = tmp_path / "prices.toml"
    rates = "input = 1\noutput = 1\ncache_read = 1\ncache_write = 1\ndate = 2026-01-01"
    prices.write_text(f"schema = 1\n[models.m]\ncontext_tokens = 10\n{rates}\n")
    monkeypatch.setenv("HARNESS_PRICES", str(prices))
    counts = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    steps = [
        stream(delta("stop", content="x")),
        stream(delta("stop", content="x"), {"choices": [], "usage": counts}),
    ]
    with connect_chat(steps) as (model, _):
        silent, counted = (model.generate(GO) for _ in steps)
    assert silent.usd is None
    assert counted.usd == 1.0


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(status: int, connect_chat: Any, clock: Any) -> None:
    fault = Fault(status, "some_error", "for now", {"retry-after": "7"})
    with connect_chat([fault, HELLO]) as (model, server):
        reply = model.generate(GO)
    assert len(server.requests) == 2
    assert clock.waits == [7.0]
    assert reply.retries == (f"try 1: {status} some_error: for now (request req_1); waited 7.0 s",)


@pytest.mark.parametrize(
    ("fault", "said", "remedy"),
    [
        (Fault(400, "invalid_request_error", "bad"), "400 invalid_request_error: bad", "docs/mod"),
        (Fault(401, "x", "bad", error_code="invalid_api_key"), "401 inv", "OPENAI_API_KEY"),
        (Fault(404, "NotFoundError", "bad", error_code="404"), "404 NotFoundError", "model's id"),
        (Fault(429, "x", "pay", error_code="insufficient_quota"), "insufficient_quota", "billing"),
        (Fault(400, "x", "long", error_code="context_length_exceeded"), "400 cont", "context_tok"),
        (
            Fault(400, "BadRequestError", "This model's maximum context length is 5"),
            "400",
            "window",
        ),
        (Fault(400, "exceed_context_size_error", "too big"), "400 context_length", "context_tok"),
    ],
)
def test_what_cannot_pass_is_tried_once(
    fault: Fault, said: str, remedy: str, connect_chat: Any, clock: Any
) -> None:
    with connect_chat([fault]) as (model, server), pytest.raises(ModelError) as caught:
        model.generate(GO)
    assert (len(server.requests), clock.waits) == (1, [])
    assert said in caught.value.what
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("cut", ["broken", "quiet", "error", "garbage"])
def test_half_a_stream_is_asked_for_again(cut: Any, connect_chat: Any) -> None:
    half = Answer([text("a long answer in pieces")], cut_after=3, cut=cut)
    with connect_chat([half, HELLO]) as (model, _):
        reply = model.generate(GO)
    assert reply.message.text == "hello"
    assert len(reply.retries) == 1


def test_an_error_inside_a_stream_that_cannot_pass_is_final(connect_chat: Any) -> None:
    said = {"error": {"message": "no such tool", "type": "invalid_request_error"}}
    with (
        connect_chat([stream(delta(content="x"), said)]) as (model, server),
        pytest.raises(ModelError, match="400 invalid_request_error: no such tool"),
    ):
        model.generate(GO)
    assert len(server.requests) == 1


@pytest.mark.parametrize("chunk", [[1, 2], "text", delta(content=["a"]), {"choices": [3]}])
def test_a_malformed_chunk_is_a_failed_try(chunk: Any, connect_chat: Any) -> None:
    with connect_chat([stream(chunk), HELLO]) as (model, _):
        assert len(model.generate(GO).retries) == 1


def test_an_answer_that_is_no_stream_is_an_error_at_once(connect_chat: Any) -> None:
    page = RawAnswer(b"<html>log in</html>", content_type="text/html")
    with connect_chat([page]) as (model, server), pytest.raises(ModelError, match="text/html"):
        model.generate(GO)
    assert len(server.requests) == 1


def test_no_server_is_told_as_a_lost_connection(clock: Any) -> None:
    with MessagesServer([]) as server:
        address = server.chat_url
    model: Any = open_model("openai/x", base_url=address, retries=clock.policy(tries=2))
    with pytest.raises(ModelError, match="Connection error") as caught:
        model.generate(GO)
    model.close()
    assert "base_url" in caught.value.remedy
    assert len(clock.waits) == 1


def test_a_set_event_ends_a_call_in_mid_stream(connect_chat: Any) -> None:
    cancelled = threading.Event()

    def program(_: Any) -> Answer:
        cancelled.set()
        return Answer([text("never read")])

    with connect_chat(program, cancelled=cancelled) as (model, _), pytest.raises(Cancelled):
        model.generate(GO)


def test_no_error_shows_the_key(connect_chat: Any) -> None:
    echo = Fault(401, "authentication_error", "incorrect API key provided")
    with connect_chat([echo]) as (model, _), pytest.raises(ModelError) as caught:
        model.generate(GO)
    assert "OPENAI_API_KEY" in str(caught.value)
    assert "sk-secret" not in repr(caught.value) + caught.value.detail
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("use", [open_model, check_model])
def test_a_missing_key_is_refused_with_its_variable(
    value: str | None, use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv("OPENAI_API_KEY")
    else:
        monkeypatch.setenv("OPENAI_API_KEY", value)
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        use("openai/gpt")


def test_a_key_that_no_header_can_carry_is_refused_unshown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1\n")
    with pytest.raises(UsageError) as caught:
        check_model("openai/gpt")
    assert "sk-1" not in repr(caught.value)


def test_a_server_of_ones_own_needs_no_key(
    connect_chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with connect_chat([HELLO]) as (model, server):
        assert model.generate(GO).message.text == "hello"
    assert server.requests[0].headers["authorization"] == "Bearer none"
    with MessagesServer([HELLO]) as other:
        monkeypatch.setenv("OPENAI_BASE_URL", other.chat_url)
        check_model("openai/gpt")
        by_variable: Any = open_model("openai/gpt")
        assert by_variable.generate(GO).message.text == "hello"
        by_variable.close()


@pytest.mark.parametrize("use", [open_model, check_model])
def test_a_missing_extra_is_refused_with_what_to_install(
    use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "openai", raising=False)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(UsageError, match=r"install agent-eval-harness\[openai\]"):
        use("openai/gpt")
