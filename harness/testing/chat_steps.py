"""The answers of harness.testing.messages_steps as the Chat Completions API gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.testing.messages_steps import Answer, JsonObject, pieces

_FINISH_REASONS = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


def chat_json(answer: Answer, *, message_id: str, requested: str) -> dict[str, Any]:
    """The whole answer as one JSON object."""
    texts = "".join(block["text"] for block in answer.content if block["type"] == "text")
    thoughts = [block["thinking"] for block in answer.content if block["type"] == "thinking"]
    refused = answer.stop_reason == "refusal"
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused else texts or None,
        "refusal": texts or None if refused else None,
    }
    if thoughts:
        message["reasoning_content"] = "".join(thoughts)
    calls = [_call(block) for block in answer.content if block["type"] == "tool_use"]
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "finish_reason": _finish(answer, texts, calls)}
    return {
        "id": message_id,
        "object": "chat.completion",
        "created": 0,
        "model": answer.model or requested,
        "choices": [choice],
        "usage": _usage(answer.usage),
    }


def chat_chunks(whole: Mapping[str, Any], *, counted: bool) -> Iterator[JsonObject]:
    """The chunks of the answer's stream; with `counted`, the last one holds the usage."""
    (choice,) = whole["choices"]
    message = choice["message"]
    yield _chunk(whole, {"role": "assistant", "content": ""})
    for name in ("reasoning_content", "refusal", "content"):
        for piece in pieces(message.get(name) or ""):
            yield _chunk(whole, {name: piece})
    for index, call in enumerate(message.get("tool_calls", ())):
        opening = {**call, "function": {**call["function"], "arguments": ""}}
        yield _chunk(whole, {"tool_calls": [{"index": index, **opening}]})
        for piece in pieces(call["function"]["arguments"]):
            yield _chunk(
                whole, {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            )
    yield _chunk(whole, {}, finish_reason=choice["finish_reason"])
    if counted:
        yield {**_head(whole), "choices": [], "usage": whole["usage"]}


def _head(whole: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: whole[name] for name in ("id", "created", "model")}
    return {**named, "object": "chat.completion.chunk"}


def _chunk(
    whole: Mapping[str, Any], delta: JsonObject, finish_reason: str | None = None
) -> JsonObject:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {**_head(whole), "choices": [choice]}


def _call(block: JsonObject) -> dict[str, Any]:
    arguments = block.get("raw", json.dumps(block["input"]))
    function = {"name": block["name"], "arguments": arguments}
    return {"id": block["id"], "type": "function", "function": function}


def _finish(answer: Answer, texts: str, calls: Sequence[Any]) -> str:
    if answer.stop_reason is None:
        return "tool_calls" if calls else "stop"
    if answer.stop_reason == "refusal":
        return "stop" if texts else "content_filter"
    return _FINISH_REASONS.get(answer.stop_reason, answer.stop_reason)


def _usage(counts: Mapping[str, int]) -> dict[str, Any]:
    read = counts.get("cache_read_input_tokens", 0)
    written = counts.get("cache_creation_input_tokens", 0)
    prompt = counts.get("input_tokens", 10) + read + written
    output = counts.get("output_tokens", 5)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
    }
