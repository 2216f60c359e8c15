"""What the Messages API refuses, as far as an agent's conversation can get it wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

JsonObject = Mapping[str, Any]

_NEW_VERSION = "2026-10-21"
_MOST_CACHE_MARKERS = 4


class Refused(Exception):  # noqa: N818 - an answer of the API, not an error of the server
    """The request breaks a rule; the text says which, as an invalid_request_error does."""


class SeenThinking:
    """The thinking that the server sent, to tell whether it comes back unchanged."""

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self._blocks: list[JsonObject] = []
        self._before_call: dict[str, list[JsonObject]] = {}

    def sent(self, content: Sequence[JsonObject]) -> None:
        """Note the thinking of an answer, and the calls that it belongs to."""
        thoughts = [block for block in content if _is_thinking(block) and block.get("signature", 1)]
        self._blocks += thoughts
        for block in content:
            if block["type"] == "tool_use" and thoughts:
                self._before_call[block["id"]] = thoughts

    def before_call(self, call_id: str) -> str:
        """The text of the thinking that came with a call; empty when there was none."""
        return "".join(block.get("thinking", "") for block in self._before_call.get(call_id, ()))

    def check(self, where: str, content: Sequence[JsonObject]) -> None:
        """Raise Refused when thinking was changed, or left out of a turn with tool calls."""
        thoughts = [block for block in content if _is_thinking(block)]
        for block in thoughts:
            if block not in self._blocks:
                raise Refused(f"{where}: Invalid `signature` in `thinking` block")
        for block in content:
            if block["type"] == "tool_use":
                expected = self._before_call.get(block["id"], thoughts)
                if thoughts != expected:
                    raise Refused(f"{where}: Expected `thinking`, but found `tool_use`")


def check_request(body: Any, version: str, seen: SeenThinking) -> None:
    """Raise Refused when the real API would answer 400. `version` is the anthropic-version."""
    if not isinstance(body, dict):
        raise Refused("the body is no JSON object")
    for name, kind in (("model", str), ("max_tokens", int), ("messages", list)):
        if not isinstance(body.get(name), kind) or not body[name]:
            raise Refused(f"{name}: Field required")
    if "temperature" in body and version == _NEW_VERSION:
        raise Refused("temperature: Extra inputs are not permitted")
    budget = (body.get("thinking") or {}).get("budget_tokens", 0)
    if budget >= body["max_tokens"]:
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`")
    markers = _count_markers(body)
    if markers > _MOST_CACHE_MARKERS:
        raise Refused(f"A maximum of 4 blocks with cache_control may be provided. Found {markers}.")
    _check_messages(body["messages"], seen)


def _check_messages(messages: Sequence[JsonObject], seen: SeenThinking) -> None:
    asked: list[str] = []
    for number, message in enumerate(messages):
        where = f"messages.{number}"
        if message.get("role") != ("assistant" if number % 2 else "user"):
            raise Refused(f"{where}: roles must alternate between user and assistant")
        content = _blocks(message)
        if not content:
            raise Refused(f"{where}: all messages must have non-empty content")
        for block in content:
            _check_block(where, block)
        _check_answers(where, content, asked)
        asked = [block["id"] for block in content if block["type"] == "tool_use"]
        if message["role"] == "assistant":
            seen.check(where, content)
    if asked:
        raise Refused(f"messages: `tool_use` ids without `tool_result` at the end: {asked}")


def _check_block(where: str, block: JsonObject) -> None:
    if block["type"] == "text" and not block["text"].strip():
        raise Refused(f"{where}: text content blocks must contain non-whitespace text")
    if block["type"] == "tool_result" and block.get("is_error") and not block.get("content"):
        raise Refused(f"{where}: content cannot be empty if `is_error` is true")
    if block["type"] == "tool_use" and not isinstance(block.get("input"), dict):
        raise Refused(f"{where}: tool_use.input: Input should be a valid dictionary")
    if _is_thinking(block) and "cache_control" in block:
        raise Refused(f"{where}: thinking.cache_control: Extra inputs are not permitted")


def _check_answers(where: str, content: Sequence[JsonObject], asked: Sequence[str]) -> None:
    kinds = [block["type"] for block in content]
    answered = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
    if sorted(answered) != sorted(asked):
        raise Refused(
            f"{where}: each `tool_use` block must have a corresponding `tool_result` block in the "
            f"next message: asked {list(asked)}, answered {answered}"
        )
    if "tool_result" in kinds[len(answered) :]:
        raise Refused(f"{where}: `tool_result` blocks must come first in the content")


def _blocks(message: JsonObject) -> Sequence[JsonObject]:
    content = message.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _is_thinking(block: JsonObject) -> bool:
    return block["type"] in {"thinking", "redacted_thinking"}


def _count_markers(value: Any) -> int:
    match value:
        case dict():
            here = 1 if value.get("cache_control") else 0
            return here + sum(_count_markers(item) for item in value.values())
        case list():
            return sum(_count_markers(item) for item in value)
        case _:
            return 0
