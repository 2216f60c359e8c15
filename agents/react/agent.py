"""The reference scaffold: think, call tools, look at what came back, again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from harness import Message, Reply, Session, Text, ToolAnswer, user_message

_SYSTEM = Path(__file__).with_name("system.md").read_text("utf-8")
_NUDGE = (
    "You called no tool. Go on with a tool call; when you are done, call submit with your answer."
)
_CUT = "Your reply was cut at its maximum length. Go on, in smaller pieces."
_MOST_NUDGES = 3
_DROPPED = "[this output was dropped to stay within the context window]"
_CHARACTERS_PER_TOKEN = 3
_FULL, _AFTER_DROPPING = 0.85, 0.6
_KEEP_LAST = 4


class Agent:
    """A loop of model replies and tool calls, until submit, a limit, or three turns without one."""

    name: ClassVar[str] = "react"
    wants_model: ClassVar[bool] = True
    wants_script: ClassVar[bool] = False

    def run(self, session: Session) -> None:
        """Work until something ends it."""
        messages = [user_message(session.instruction + _budget(session))]
        nudges = 0
        while nudges < _MOST_NUDGES:
            messages = fit(messages, session.context_tokens)
            reply = session.generate(messages, system=_SYSTEM)
            messages.append(_spoken(reply))
            if reply.message.tool_uses:
                nudges = 0
                messages.append(_act(session, reply))
            else:
                nudges += 1
                cut = reply.stop_reason == "max_tokens"
                messages.append(user_message((_CUT if cut else _NUDGE) + _budget(session)))
        session.note(f"ended after {_MOST_NUDGES} turns without a tool call")


def _spoken(reply: Reply) -> Message:
    """The reply as history; an empty one is not accepted back, so it gets a word."""
    if reply.message.content:
        return reply.message
    return Message(role="assistant", content=[Text(text="(empty reply)")])


def _act(session: Session, reply: Reply) -> Message:
    """Carry out all tool calls of a reply, in order, and give all results in one message."""
    answers: list[ToolAnswer | Text] = []
    for use in reply.message.tool_uses:
        result = session.call(use.name, use.input, call_id=use.id)
        answers.append(
            ToolAnswer(tool_use_id=use.id, content=result.content, is_error=result.is_error)
        )
    if budget := _budget(session).strip():
        answers.append(Text(text=budget))
    return Message(role="user", content=answers)


def _budget(session: Session) -> str:
    """What is left, for tasks that let the agent know; else nothing."""
    if not session.deadline_known:
        return ""
    left = session.remaining
    parts = [f"{left.steps} steps"] if left.steps is not None else []
    parts += [f"{left.tokens} tokens"] if left.tokens is not None else []
    parts += [f"${left.usd:.2f}"] if left.usd is not None else []
    parts.append(f"{max(0, left.wall_seconds):.0f} s")
    return f"\n\n[remaining: {', '.join(parts)}]"


def _tokens(messages: Sequence[Message]) -> int:
    """A cautious estimate of the tokens that messages take."""
    characters = sum(len(json.dumps(message.model_dump(mode="json"))) for message in messages)
    return characters // _CHARACTERS_PER_TOKEN


def fit(messages: list[Message], window: int) -> list[Message]:
    """Messages that fit the window: the oldest tool outputs are dropped first, and marked.

    The instruction and the last messages stay whole. Drops are made in bulk, so that the prompt
    cache stays useful between them.
    """
    if _tokens(messages) <= _FULL * window:
        return messages
    fitted = list(messages)
    for index in range(1, len(fitted) - _KEEP_LAST):
        if _tokens(fitted) <= _AFTER_DROPPING * window:
            break
        content = [
            block.model_copy(update={"content": _DROPPED})
            if isinstance(block, ToolAnswer) and len(block.content) > len(_DROPPED)
            else block
            for block in fitted[index].content
        ]
        fitted[index] = fitted[index].model_copy(update={"content": content})
    return fitted
