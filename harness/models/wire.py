"""Our messages as a request of the Messages API, with the markers of its prompt cache.

The API refuses some things that a conversation may hold: an assistant message without content, a
text block of white space, thinking that was cut before its signature, a failed tool result
without text. They are left out or worded here, and nowhere else.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.messages import RedactedThinking, Text, Thinking, ToolAnswer, ToolUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.messages import Block, Message, Settings, ToolSpec

_CACHE = {"type": "ephemeral"}
_CACHED_MESSAGES = 2


def request_body(
    messages: Sequence[Message], *, system: str, tools: Sequence[ToolSpec], settings: Settings
) -> dict[str, Any]:
    """The body of a request, without its model. Raises UsageError for settings that contradict.

    At most four blocks are marked for the cache: the last tool, the system prompt and the ends of
    the two latest messages of the user.
    """
    body: dict[str, Any] = {
        "max_tokens": settings.max_tokens,
        "messages": _conversation(messages),
        **_thinking(settings),
    }
    if system.strip():
        body["system"] = [{"type": "text", "text": system, "cache_control": _CACHE}]
    if tools:
        body["tools"] = [tool.model_dump(mode="json") for tool in tools]
        body["tools"][-1]["cache_control"] = _CACHE
    if settings.effort is not None:
        body["output_config"] = {"effort": settings.effort}
    return body


def _thinking(settings: Settings) -> dict[str, Any]:
    if settings.thinking_tokens is None:
        return {}
    if settings.thinking_tokens >= settings.max_tokens:
        raise UsageError(
            "model settings",
            f"thinking_tokens {settings.thinking_tokens} is not below "
            f"max_tokens {settings.max_tokens}",
            "raise max_tokens, which counts thinking too",
        )
    return {"thinking": {"type": "enabled", "budget_tokens": settings.thinking_tokens}}


def _conversation(messages: Sequence[Message]) -> list[dict[str, Any]]:
    turns = [(message.role, _blocks(message.content)) for message in messages]
    kept = [(role, blocks) for role, blocks in turns if blocks]
    merged = [
        {"role": role, "content": [block for _, blocks in group for block in blocks]}
        for role, group in groupby(kept, key=lambda turn: turn[0])
    ]
    users = [turn for turn in merged if turn["role"] == "user"]
    for turn in users[-_CACHED_MESSAGES:]:
        turn["content"][-1]["cache_control"] = _CACHE
    return merged


def _blocks(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    return [_block(block) for block in blocks if _sendable(block)]


def _sendable(block: Block) -> bool:
    match block:
        case Text(text=text):
            return bool(text.strip())
        case Thinking(signature=signature):
            return bool(signature)
        case _:
            return True


def _block(block: Block) -> dict[str, Any]:
    match block:
        case ToolAnswer(is_error=True, content=content) if not content.strip():
            return {**block.model_dump(), "content": "(no output)"}
        case Text() | Thinking() | RedactedThinking() | ToolUse() | ToolAnswer():
            return block.model_dump(mode="json")
