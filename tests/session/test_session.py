"""A session counts, limits and logs everything that an agent does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import (
    Cancelled,
    LimitReached,
    ModelError,
    Refused,
    Submitted,
    UsageError,
)
from harness.events import ModelCalled, ModelReplied, Noted, Said, ToolCalled, ToolReturned
from harness.messages import Message, Reply, Settings, ToolUse, user_message
from harness.session import Cancellation

Say = Callable[..., Reply]


def test_a_question_is_one_step_and_reaches_the_model_whole(make: Any, say: Say) -> None:
    bench = make([say("yes")])
    answer = bench.session.generate([user_message("well?")], system="Be short.")
    assert answer.message.text == "yes"
    [asked] = bench.model.asked
    assert asked["messages"] == [user_message("well?")]
    assert asked["system"] == "Be short."
    assert [tool.name for tool in asked["tools"]] == ["echo", "submit"]
    assert asked["settings"] == Settings(max_tokens=77)
    assert bench.session.meter.usage.steps == 1
    assert bench.steps == [1]
    assert [each.message.text for each in bench.replies] == ["yes"]


def test_settings_of_a_call_stand_before_those_of_the_run(make: Any, say: Say) -> None:
    bench = make([say()])
    bench.session.generate([user_message("x")], settings=Settings(temperature=0.5))
    assert bench.model.asked[0]["settings"] == Settings(temperature=0.5)
    [call] = [event for event in bench.events if isinstance(event, ModelCalled)]
    assert call.settings == Settings(temperature=0.5)


def test_each_message_is_logged_once_and_named_by_its_digest_after_that(
    make: Any, say: Say
) -> None:
    bench = make([say("one"), say("two")])
    history = [user_message("begin")]
    for _ in range(2):
        history.append(bench.session.generate(history, system="S").message)
        history.append(user_message("go on"))
    said = [event for event in bench.events if isinstance(event, Said)]
    calls = [event for event in bench.events if isinstance(event, ModelCalled)]
    replies = [event for event in bench.events if isinstance(event, ModelReplied)]
    assert [event.message.text for event in said] == ["begin", "go on"]
    assert [event.text for event in bench.events if isinstance(event, Noted)] == ["S"]
    assert len(calls[1].messages) == 3
    assert calls[1].messages[0] == calls[0].messages[0] == said[0].digest
    assert calls[1].messages[2] == said[1].digest
    assert [event.reply.message.text for event in replies] == ["one", "two"]
    assert [event.step for event in calls] == [event.step for event in replies] == [1, 2]


def test_the_log_tells_a_changed_message_from_the_one_before(make: Any, say: Say) -> None:
    bench = make([say(), say()])
    bench.session.generate([user_message("a")])
    bench.session.generate([user_message("b")])
    assert [event.message.text for event in bench.events if isinstance(event, Said)] == ["a", "b"]


def test_a_reply_with_a_lone_surrogate_is_logged_like_any_other(make: Any, say: Say) -> None:
    use = ToolUse(id="t", name="echo", input={"text": "\ud800"})
    bench = make([say(message=Message(role="assistant", content=[use])), say()])
    answer = bench.session.generate([user_message("x")])
    bench.session.generate([user_message("x"), answer.message])
    [first, _] = [event for event in bench.events if isinstance(event, ModelReplied)]
    assert first.reply.message.tool_uses[0].input == {"text": "\ud800"}


def test_an_agent_without_a_model_that_asks_one_is_told_so(make: Any) -> None:
    with pytest.raises(UsageError, match="set wants_model = True"):
        make(model=None).session.generate([user_message("x")])


def test_no_question_is_asked_past_the_last_step(make: Any, say: Say) -> None:
    bench = make([say(), say()], {"steps": 1})
    bench.session.generate([user_message("x")])
    with pytest.raises(LimitReached) as stop:
        bench.session.generate([user_message("x")])
    assert stop.value.kind == "steps"
    assert len(bench.model.asked) == 1
    assert bench.session.meter.usage.steps == 1


def test_the_reply_that_uses_up_the_tokens_is_kept_and_the_next_call_ends(
    make: Any, say: Say
) -> None:
    bench = make([say("last words")], {"tokens": 15})
    assert bench.session.generate([user_message("x")]).message.text == "last words"
    with pytest.raises(LimitReached) as stop:
        bench.session.call("echo", {"text": "x"}, call_id="t1")
    assert stop.value.kind == "tokens"
    assert "tool_call" not in bench.kinds()


def test_a_refusal_ends_the_work_with_its_words_and_is_counted(make: Any, say: Say) -> None:
    bench = make([say("I will not.", stop_reason="refusal")])
    with pytest.raises(Refused) as stop:
        bench.session.generate([user_message("x")])
    assert stop.value.explanation == "I will not."
    assert bench.session.meter.usage.model_calls == 1
    assert bench.kinds()[-1] == "model_reply"


@pytest.mark.parametrize("limited", [True, False])
def test_an_unknown_cost_fails_only_under_a_dollar_limit(
    make: Any, say: Say, *, limited: bool
) -> None:
    bench = make([say(usd=None, model="other-2")], {"usd": 1.0} if limited else {})
    if limited:
        with pytest.raises(ModelError, match="the price of other-2, which answered, is unknown"):
            bench.session.generate([user_message("x")])
    else:
        bench.session.generate([user_message("x")])
    assert bench.session.meter.usage.usd is None
    assert bench.kinds()[-1] == "model_reply"


def test_a_cancelled_session_neither_asks_nor_calls(make: Any, say: Say) -> None:
    cancellation = Cancellation()
    bench = make([say()], cancellation=cancellation)
    cancellation.request("interrupted")
    cancellation.request("something later")
    for work in (
        lambda: bench.session.generate([user_message("x")]),
        lambda: bench.session.call("echo", {"text": "x"}),
        lambda: bench.session.call("echo", {"text": "x"}, call_id="t1"),
    ):
        with pytest.raises(Cancelled) as stop:
            work()
        assert stop.value.reason == "interrupted"
    assert bench.model.asked == []
    assert bench.kinds() == []


def test_a_tool_call_is_logged_with_its_outcome(make: Any) -> None:
    bench = make()
    result = bench.session.call("echo", {"text": "ab", "times": 2})
    assert result.content == "abab"
    called, returned = bench.events
    assert isinstance(called, ToolCalled)
    assert isinstance(returned, ToolReturned)
    assert (called.id, called.tool, called.input) == ("call-1", "echo", {"text": "ab", "times": 2})
    assert (returned.id, returned.content, returned.is_error) == ("call-1", "abab", False)
    assert (returned.exit_code, returned.whole) == (0, "outputs/whole.txt")


def test_a_call_of_its_own_is_a_step_and_one_of_a_reply_is_not(make: Any, say: Say) -> None:
    bench = make([say()])
    bench.session.generate([user_message("x")])
    bench.session.call("echo", {"text": "a"}, call_id="t1")
    bench.session.call("echo", {"text": "a"}, call_id="t2")
    assert bench.session.meter.usage.steps == 1
    bench.session.call("echo", {"text": "a"})
    used = bench.session.meter.usage
    assert (used.steps, used.tool_calls, bench.steps) == (2, 3, [1, 2])
    ids = [event.id for event in bench.events if isinstance(event, ToolCalled)]
    assert ids == ["t1", "t2", "call-3"]


def test_a_call_of_its_own_ends_at_the_step_limit(make: Any) -> None:
    bench = make(limits={"steps": 1})
    bench.session.call("echo", {"text": "a"})
    with pytest.raises(LimitReached):
        bench.session.call("echo", {"text": "a"})


def test_an_unknown_tool_is_answered_with_the_known_ones(make: Any) -> None:
    bench = make()
    result = bench.session.call("telnet", {})
    assert result.is_error
    assert result.content == "There is no tool 'telnet'. Your tools: echo, submit."
    assert bench.kinds() == ["tool_call", "tool_result"]


@pytest.mark.parametrize(
    ("arguments", "faults"),
    [
        ({}, ["text: Field required"]),
        ({"text": "a", "tmies": 2}, ["tmies: Extra inputs are not permitted"]),
        ({"text": "a", "times": "many"}, ["times: Input should be a valid integer"]),
        ({"times": "many"}, ["text: Field required", "times: Input should be a valid integer"]),
    ],
)
def test_wrong_arguments_are_explained_so_that_a_model_can_mend_them(
    make: Any, arguments: dict[str, Any], faults: list[str]
) -> None:
    result = make().session.call("echo", arguments)
    assert result.is_error
    assert result.content.startswith("Wrong arguments for echo: ")
    assert all(fault in result.content for fault in faults)
    assert result.content.endswith("It takes: text, times (optional).")


def test_submitting_ends_the_work_by_tool_and_by_method(make: Any) -> None:
    bench = make()
    with pytest.raises(Submitted) as by_tool:
        bench.session.call("submit", {"answer": "42"})
    with pytest.raises(Submitted) as by_method:
        bench.session.submit("42")
    assert by_tool.value.answer == by_method.value.answer == "42"
    assert bench.kinds() == ["tool_call"]


def test_an_agents_remark_stands_in_the_log(make: Any) -> None:
    bench = make()
    bench.session.note("thinking")
    assert bench.events == [Noted(source="agent", text="thinking")]


def test_the_context_window_is_the_models(make: Any) -> None:
    assert make().session.context_tokens == 1000
    assert make(model=None).session.context_tokens == 200_000


def test_a_system_prompt_that_changes_is_logged_again(make: Any, say: Say) -> None:
    bench = make([say(), say(), say()])
    for system in ("A", "B", "A"):
        bench.session.generate([user_message("x")], system=system)
    assert [event.text for event in bench.events if isinstance(event, Noted)] == ["A", "B"]
    calls = [event for event in bench.events if isinstance(event, ModelCalled)]
    assert calls[0].system == calls[2].system != calls[1].system


def test_an_empty_reply_is_a_reply(make: Any, say: Say) -> None:
    bench = make([say(message=Message(role="assistant", content=[]))])
    assert bench.session.generate([user_message("x")]).message.content == []
    assert bench.kinds() == ["message", "model_call", "model_reply"]
