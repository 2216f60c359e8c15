"""The reference agent: model, tools, results, again; nudged when it does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import LimitReached, Submitted
from harness.messages import Message, Reply, Text, ToolAnswer, ToolUse, user_message
from harness.protocols import ToolResult

Say = Callable[..., Reply]
Use = Callable[..., ToolUse]


def answers(message: Message) -> list[ToolAnswer]:
    return [block for block in message.content if isinstance(block, ToolAnswer)]


def test_it_asks_with_the_instruction_and_a_system_prompt(agent: Any, session: Any) -> None:
    seen = session(instruction="Find the flag.")
    agent("react").run(seen)
    assert seen.asked[0] == [user_message("Find the flag.")]
    assert "submit" in seen.systems[0]
    assert len(set(seen.systems)) == 1


def test_parallel_calls_are_answered_in_order_in_one_message(
    agent: Any, session: Any, say: Say, run_bash: Use
) -> None:
    calls = [run_bash("one", "t1"), run_bash("two", "t2"), run_bash("three", "t3")]
    outputs = {"two": ToolResult("it failed", is_error=True, exit_code=1)}
    seen = session(replies=[say("Three at once.", *calls)], outputs=outputs)
    agent("react").run(seen)
    assert seen.calls == [("bash", {"command": c.input["command"]}, c.id) for c in calls]
    asked = seen.asked[1]
    assert [message.role for message in asked] == ["user", "assistant", "user"]
    assert asked[1].tool_uses == calls
    assert [(each.tool_use_id, each.content, each.is_error) for each in answers(asked[2])] == [
        ("t1", "ran one", False),
        ("t2", "it failed", True),
        ("t3", "ran three", False),
    ]


def test_submitting_ends_it_at_once(agent: Any, session: Any, say: Say, run_bash: Use) -> None:
    submit = ToolUse(id="t2", name="submit", input={"answer": "42"})
    seen = session(replies=[say("", run_bash("a"), submit, run_bash("never", "t3"))])
    with pytest.raises(Submitted) as stop:
        agent("react").run(seen)
    assert stop.value.answer == "42"
    assert seen.commands == ["a"]


def test_three_replies_without_a_tool_call_end_it_with_a_note(agent: Any, session: Any) -> None:
    seen = session()
    agent("react").run(seen)
    assert len(seen.asked) == 3
    assert seen.notes == ["ended after 3 turns without a tool call"]
    nudge = seen.asked[2][-1]
    assert nudge.role == "user"
    assert nudge.text.startswith("You called no tool.")


def test_a_tool_call_in_between_forgives_the_nudges(
    agent: Any, session: Any, say: Say, run_bash: Use
) -> None:
    seen = session(replies=[say("hm"), say("hm"), say("", run_bash("ls")), say("hm"), say("hm")])
    agent("react").run(seen)
    assert len(seen.asked) == 6


def test_a_reply_cut_at_its_length_is_told_so(agent: Any, session: Any, say: Say) -> None:
    seen = session(replies=[say("long", stop_reason="max_tokens")])
    agent("react").run(seen)
    assert "was cut at its maximum length" in seen.asked[1][-1].text
    assert "You called no tool" in seen.asked[2][-1].text


def test_a_call_in_a_reply_cut_at_its_length_is_carried_out(
    agent: Any, session: Any, say: Say, run_bash: Use
) -> None:
    seen = session(replies=[say("", run_bash("ls"), stop_reason="max_tokens")])
    agent("react").run(seen)
    assert seen.commands == ["ls"]
    assert len(answers(seen.asked[1][-1])) == 1


def test_an_empty_reply_goes_back_as_text_because_none_is_accepted(
    agent: Any, session: Any, say: Say
) -> None:
    seen = session(replies=[say()])
    agent("react").run(seen)
    assert seen.asked[1][1] == Message(role="assistant", content=[Text(text="(empty reply)")])


def test_roles_take_turns_and_no_message_is_empty(
    agent: Any, session: Any, say: Say, run_bash: Use
) -> None:
    seen = session(replies=[say(), say("", run_bash("a")), say("x"), say("", run_bash("b"))])
    agent("react").run(seen)
    for asked in seen.asked:
        assert [each.role for each in asked] == ["user", "assistant"] * (len(asked) // 2) + ["user"]
        assert all(each.content for each in asked)


@pytest.mark.parametrize("known", [True, False])
def test_it_tells_what_is_left_only_where_the_task_lets_it_know(
    agent: Any, session: Any, say: Say, run_bash: Use, *, known: bool
) -> None:
    seen = session(deadline_known=known, replies=[say("", run_bash("ls"))])
    seen.remaining.usd = 1.5
    agent("react").run(seen)
    told = "[remaining: 9 steps, 1000 tokens, $1.50, 60 s]"
    for message in (seen.asked[0][0], seen.asked[1][-1], seen.asked[2][-1]):
        assert (told in message.text) == known
        assert known or "remaining" not in message.text


def test_limits_that_do_not_exist_are_not_told(agent: Any, session: Any) -> None:
    seen = session(deadline_known=True)
    seen.remaining.steps = seen.remaining.tokens = None
    seen.remaining.wall_seconds = -3.0
    agent("react").run(seen)
    assert seen.asked[0][0].text.endswith("[remaining: 0 s]")


def test_a_limit_is_left_to_the_harness(agent: Any, session: Any, say: Say, run_bash: Use) -> None:
    class Limited(session):  # type: ignore[misc]
        def call(self, *_args: Any, **_fields: Any) -> ToolResult:
            raise LimitReached("wall")

    with pytest.raises(LimitReached):
        agent("react").run(Limited(replies=[say("", run_bash("ls"))]))


def full_history(agent: Any, session: Any, say: Say, run_bash: Use, window: int) -> Any:
    """Ten commands with 3,000 characters of output each, about 1,000 tokens by its estimate."""
    replies = [say("", run_bash(f"c{n}", f"t{n}")) for n in range(10)]
    outputs = {f"c{n}": ToolResult(f"{n}" * 3000) for n in range(10)}
    seen = session(context_tokens=window, replies=replies, outputs=outputs)
    agent("react").run(seen)
    return seen


def contents(messages: list[Message]) -> list[str]:
    return [each.content for message in messages for each in answers(message)]


def test_nothing_is_dropped_while_the_window_is_wide(
    agent: Any, session: Any, say: Say, run_bash: Use
) -> None:
    seen = full_history(agent, session, say, run_bash, 200_000)
    assert contents(seen.asked[-1]) == [f"{n}" * 3000 for n in range(10)]


def test_the_oldest_outputs_are_dropped_first_and_marked(
    agent: Any, session: Any, say: Say, run_bash: Use
) -> None:
    seen = full_history(agent, session, say, run_bash, 8_000)
    last = seen.asked[-1]
    dropped = ["dropped to stay within the context window" in text for text in contents(last)]
    assert dropped == sorted(dropped, reverse=True)
    assert 2 <= sum(dropped) <= 8
    assert last[0] == seen.asked[0][0]
    assert [message.tool_uses for message in last if message.role == "assistant"][:10] == [
        [run_bash(f"c{n}", f"t{n}")] for n in range(10)
    ]


def test_what_was_dropped_stays_dropped_so_that_the_prompt_cache_holds(
    agent: Any, session: Any, say: Say, run_bash: Use
) -> None:
    seen = full_history(agent, session, say, run_bash, 8_000)
    drops = [sum("dropped to stay" in text for text in contents(asked)) for asked in seen.asked]
    assert drops == sorted(drops)
    assert len(set(drops)) < 5


def test_the_last_messages_and_the_instruction_are_never_dropped(
    agent: Any, session: Any, say: Say, run_bash: Use
) -> None:
    seen = full_history(agent, session, say, run_bash, 500)
    for number, asked in enumerate(seen.asked[1:11]):
        assert contents(asked)[-1] == f"{number}" * 3000
        assert asked[0].text == "Do it."
