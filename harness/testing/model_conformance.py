"""What every model must do, whoever provides it: plain functions that raise AssertionError.

A provider's tests give each check a function that opens a model together with a server that has
been told what to answer:

    @pytest.mark.parametrize("check", CHECKS)
    def test_conforms(check):
        check(open_my_model)

The steps are those of harness.testing.messages_steps; a provider with another protocol brings a
server of its own that understands them and keeps `requests`. Waits must be short: give the model
a policy whose `sleep` does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol

from harness.errors import ModelError
from harness.messages import Message, ToolAnswer, ToolSpec, ToolUse, user_message
from harness.models.stream import UNREADABLE_INPUT
from harness.protocols import Model
from harness.testing.messages_steps import Answer, Fault, Step, text, thinking, tool_use


class Server(Protocol):
    """The part of a test server that checks look at."""

    requests: list[Any]


OpenPair = Callable[[Sequence[Step]], AbstractContextManager[tuple[Model, Server]]]
Check = Callable[[OpenPair], None]

BASH = ToolSpec(
    name="bash",
    description="Run a command.",
    input_schema={"type": "object", "properties": {"command": {"type": "string"}}},
)


def check_text(open_pair: OpenPair) -> None:
    """Text comes whole, with its stop reason, its usage and the model that answered."""
    answer = Answer([text("several words, in pieces")], usage={"input_tokens": 7})
    with open_pair([answer]) as (model, _):
        reply = model.generate([user_message("say something")])
    assert reply.message.text == "several words, in pieces"
    assert reply.stop_reason == "end_turn"
    assert reply.usage.input == 7
    assert reply.model
    assert reply.retries == ()


def check_parallel_calls(open_pair: OpenPair) -> None:
    """Several calls in one reply keep their order, ids and arguments, and can be answered."""
    calls = [tool_use(f"id{n}", "bash", {"command": f"echo {n}"}) for n in range(3)]
    with open_pair([Answer(calls), Answer([text("done")])]) as (model, _):
        first = model.generate([user_message("go")], tools=[BASH])
        answers = [ToolAnswer(tool_use_id=use.id, content="ok") for use in first.message.tool_uses]
        history = [user_message("go"), first.message, Message(role="user", content=answers)]
        second = model.generate(history, tools=[BASH])
    uses = first.message.tool_uses
    assert [use.input["command"] for use in uses] == ["echo 0", "echo 1", "echo 2"]
    assert len({use.id for use in uses}) == 3
    assert first.stop_reason == "tool_use"
    assert second.message.text == "done"


def check_thinking_goes_back(open_pair: OpenPair) -> None:
    """Thinking survives a turn; a server that compares signatures accepts the second request."""
    blocks = [thinking("first I look", "signature=="), tool_use("id", "bash", {"command": "ls"})]
    with open_pair([Answer(blocks), Answer([text("done")])]) as (model, _):
        first = model.generate([user_message("go")], tools=[BASH])
        answer = ToolAnswer(tool_use_id="id", content="a  b")
        history = [user_message("go"), first.message, Message(role="user", content=[answer])]
        assert model.generate(history, tools=[BASH]).message.text == "done"


def check_empty_reply(open_pair: OpenPair) -> None:
    """An empty reply is a reply, and the conversation can go on after it."""
    with open_pair([Answer(), Answer([text("awake")])]) as (model, _):
        first = model.generate([user_message("go")])
        assert list(first.message.content) == []
        history = [user_message("go"), first.message, user_message("please go on")]
        assert model.generate(history).message.text == "awake"


def check_refusal(open_pair: OpenPair) -> None:
    """A refusal is a reply with its own stop reason, not an error."""
    with open_pair([Answer([text("I will not.")], stop_reason="refusal")]) as (model, _):
        reply = model.generate([user_message("go")])
    assert reply.stop_reason == "refusal"
    assert reply.message.text == "I will not."


def check_cut_call(open_pair: OpenPair) -> None:
    """A call that the length limit cut is marked as unreadable, and can be answered."""
    cut = tool_use("id", "bash", {}, raw='{"command": "rm -rf /tmp/x')
    steps = [Answer([cut], stop_reason="max_tokens"), Answer([text("done")])]
    with open_pair(steps) as (model, _):
        reply = model.generate([user_message("go")], tools=[BASH])
        (use,) = reply.message.tool_uses
        assert reply.stop_reason == "max_tokens"
        assert dict(use.input) == {UNREADABLE_INPUT: '{"command": "rm -rf /tmp/x'}
        _answer_and_go_on(model, reply.message, use)


def check_arguments_that_are_no_object(open_pair: OpenPair) -> None:
    """Arguments that are no JSON object do not crash anything and are kept as text."""
    steps = [Answer([tool_use("id", "bash", ["ls"])]), Answer([text("done")])]
    with open_pair(steps) as (model, _):
        reply = model.generate([user_message("go")], tools=[BASH])
        (use,) = reply.message.tool_uses
        assert dict(use.input) == {UNREADABLE_INPUT: '["ls"]'}
        _answer_and_go_on(model, reply.message, use)


def check_overload_is_waited_out(open_pair: OpenPair) -> None:
    """An overloaded provider is asked again, and the reply says why and for how long."""
    steps: list[Step] = [Fault(529, "overloaded_error", "Overloaded"), Answer([text("here")])]
    with open_pair(steps) as (model, server):
        reply = model.generate([user_message("go")])
        assert len(server.requests) == 2
    assert reply.message.text == "here"
    assert len(reply.retries) == 1
    assert "529" in reply.retries[0]
    assert "\n" not in reply.retries[0]
    assert 0 < reply.waited_seconds <= reply.seconds


def check_cut_stream_is_asked_again(open_pair: OpenPair) -> None:
    """Half an answer is never taken for a whole one."""
    whole = [text("a long answer in several pieces")]
    steps = [Answer(whole, cut_after=4), Answer(whole, cut_after=4, cut="quiet"), Answer(whole)]
    with open_pair(steps) as (model, _):
        reply = model.generate([user_message("go")])
    assert reply.message.text == "a long answer in several pieces"
    assert len(reply.retries) == 2


def check_bad_request_is_tried_once(open_pair: OpenPair) -> None:
    """A request that cannot succeed is not repeated, and the error names the model."""
    steps = [Fault(400, "invalid_request_error", "no such setting")]
    with open_pair(steps) as (model, server):
        error = _model_error(model)
        assert len(server.requests) == 1
    assert error is not None
    assert model.name in error.where
    assert "no such setting" in error.what


def check_threads(open_pair: OpenPair) -> None:
    """Many samples share one model."""
    with open_pair([Answer([text("same")])] * 16) as (model, _), ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: model.generate([user_message("go")]), range(16)))
    assert [reply.message.text for reply in replies] == ["same"] * 16


def _model_error(model: Model) -> ModelError | None:
    try:
        model.generate([user_message("go")])
    except ModelError as error:
        return error
    return None


def _answer_and_go_on(model: Model, message: Message, use: ToolUse) -> None:
    answer = ToolAnswer(tool_use_id=use.id, content="the arguments are not readable", is_error=True)
    history = [user_message("go"), message, Message(role="user", content=[answer])]
    assert model.generate(history, tools=[BASH]).message.text == "done"


CHECKS: tuple[Check, ...] = (
    check_text,
    check_parallel_calls,
    check_thinking_goes_back,
    check_empty_reply,
    check_refusal,
    check_cut_call,
    check_arguments_that_are_no_object,
    check_overload_is_waited_out,
    check_cut_stream_is_asked_again,
    check_bad_request_is_tried_once,
    check_threads,
)
