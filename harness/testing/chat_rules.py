"""What a Chat Completions API refuses, as far as an agent's conversation can get it wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.testing.messages_rules import JsonObject, Refused, SeenThinking

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_LENGTHS = ("max_tokens", "max_completion_tokens")


def check_chat_request(body: Any, seen: SeenThinking) -> None:
    """Raise Refused when a real server would answer 400."""
    if not isinstance(body, dict):
        raise Refused("the body is no JSON object")
    for name, kind in (("model", str), ("messages", list)):
        if not isinstance(body.get(name), kind) or not body[name]:
            raise Refused(f"Missing required parameter: '{name}'")
    if len([name for name in _LENGTHS if name in body]) > 1:
        raise Refused("max_tokens and max_completion_tokens cannot both be set")
    if "stream_options" in body and not body.get("stream"):
        raise Refused("The 'stream_options' parameter is only allowed when 'stream' is enabled")
    if body.get("tools") == []:
        raise Refused("[] is too short - 'tools'")
    for tool in body.get("tools", ()):
        if tool.get("type") != "function" or not tool.get("function", {}).get("name"):
            raise Refused("tools: each is a function with a name")
    _check_messages(body["messages"], seen)


def outputs_of(body: Mapping[str, Any]) -> list[str]:
    """All tool outputs of a request, in order."""
    return [str(turn["content"]) for turn in body["messages"] if turn["role"] == "tool"]


def _check_messages(messages: Sequence[JsonObject], seen: SeenThinking) -> None:
    open_calls: list[str] = []
    before = ""
    for number, message in enumerate(messages):
        where, role = f"messages.[{number}]", message.get("role")
        if role not in _ROLES:
            raise Refused(f"{where}.role: {role!r} is not one of the roles")
        if role == "tool":
            call_id = message.get("tool_call_id")
            if call_id not in open_calls:
                raise Refused(f"{where}: a 'tool' message must answer a preceding 'tool_calls'")
            open_calls.remove(call_id)
            _check_text(where, message)
        elif open_calls:
            raise Refused(f"{where}: tool_call_ids without an answer: {open_calls}")
        elif role == "assistant":
            open_calls = _check_assistant(where, message, seen)
        else:
            # The templates of many open models refuse two messages of the user in a row.
            if role == before == "user":
                raise Refused(f"{where}: roles must alternate user/assistant")
            _check_text(where, message)
        before = str(role)
    if open_calls:
        raise Refused(f"tool_call_ids without an answer at the end: {open_calls}")


def _check_text(where: str, message: JsonObject) -> None:
    content = message.get("content")
    if not isinstance(content, str) or not content.strip():
        raise Refused(f"{where}.content: expected text, got {content!r}")


def _check_assistant(where: str, message: JsonObject, seen: SeenThinking) -> list[str]:
    calls = message.get("tool_calls")
    if calls is None:
        _check_text(where, message)
        return []
    if not calls:
        raise Refused(f"{where}.tool_calls: [] is too short")
    for call in calls:
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            raise Refused(f"{where}.tool_calls: the arguments are no JSON object")
        if (message.get("reasoning_content") or "") != seen.before_call(call["id"]):
            raise Refused(f"{where}: the reasoning_content of a thinking turn must be passed back")
    return [str(call["id"]) for call in calls]
