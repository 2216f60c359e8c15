"""Our messages as a request of the Chat Completions API.

Servers differ in what they take, so the request holds nothing that is not needed: messages of the
user that follow each other become one (templates of open models refuse two in a row), text of
white space and empty messages are left out, and reasoning goes back under the name it came by.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.messages import Text, Thinking, ToolAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.messages import Message, Settings, ToolSpec

REASONING_FIELDS = ("reasoning_content", "reasoning")
"""What servers call reasoning. The `signature` of a Thinking block says which one it was."""


def request_body(
    messages: Sequence[Message],
    *,
    system: str,
    tools: Sequence[ToolSpec],
    settings: Settings,
    length_name: str,
) -> dict[str, Any]:
    """The body of a request, without its model; `length_name` is what `max_tokens` is called.

    Raises UsageError for a setting that the protocol does not have.
    """
    if settings.thinking_tokens is not None:
        raise UsageError(
            "model settings",
            "the Chat Completions API has no thinking_tokens",
            "set effort, or leave thinking_tokens out",
        )
    opening = [{"role": "system", "content": system}] if system.strip() else []
    turns = [turn for message in messages for turn in _turns(message)]
    body: dict[str, Any] = {
        "messages": [*opening, *_joined(turns)],
        "stream_options": {"include_usage": True},
        length_name: settings.max_tokens,
    }
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if settings.effort is not None:
        body["reasoning_effort"] = settings.effort
    return body


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.input_schema),
    }
    return {"type": "function", "function": function}


def _turns(message: Message) -> list[dict[str, Any]]:
    said = [
        block.text for block in message.content if isinstance(block, Text) and block.text.strip()
    ]
    if message.role == "assistant":
        return _assistant(message, "\n".join(said))
    answers = [
        {
            "role": "tool",
            "tool_call_id": block.tool_use_id,
            "content": block.content if block.content.strip() else "(no output)",
        }
        for block in message.content
        if isinstance(block, ToolAnswer)
    ]
    return [*answers, *({"role": "user", "content": text} for text in said)]


def _assistant(message: Message, said: str) -> list[dict[str, Any]]:
    turn: dict[str, Any] = {"role": "assistant", "content": said or None}
    if message.tool_uses:
        turn["tool_calls"] = [
            {
                "id": use.id,
                "type": "function",
                "function": {"name": use.name, "arguments": json.dumps(dict(use.input))},
            }
            for use in message.tool_uses
        ]
    elif not said:
        return []
    for block in message.content:
        if isinstance(block, Thinking) and block.signature in REASONING_FIELDS:
            turn[block.signature] = turn.get(block.signature, "") + block.thinking
    return [turn]


def _joined(turns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    joined: list[dict[str, Any]] = []
    for turn in turns:
        if joined and turn["role"] == joined[-1]["role"] == "user":
            joined[-1]["content"] += "\n\n" + turn["content"]
        else:
            joined.append(turn)
    return joined
