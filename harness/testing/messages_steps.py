"""What a test server can be told to do, and the Messages API's events of a streamed answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

JsonObject = Mapping[str, Any]

_PIECES = 3


@dataclass(frozen=True)
class Answer:
    """A reply with these content blocks, as `text`, `thinking` and `tool_use` build them.

    `stop_reason` by default follows from the content. `usage` replaces single counts. `model` is
    the id that the answer claims. With `cut_after`, only so many events are sent, and then the
    connection breaks (`broken`), the stream ends as if it were whole (`quiet`), an error event
    comes (`error`), or an event that is no JSON (`garbage`). `delay_seconds` is waited first, at
    most 5.
    """

    content: Sequence[JsonObject] = ()
    stop_reason: str | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    model: str | None = None
    stop_details: JsonObject | None = None
    cut_after: int | None = None
    cut: Literal["broken", "quiet", "error", "garbage"] = "broken"
    error_kind: str = "overloaded_error"
    delay_seconds: float = 0.0


@dataclass(frozen=True)
class Fault:
    """An HTTP error in the API's form."""

    status: int
    kind: str
    message: str = "something went wrong"
    headers: Mapping[str, str] = field(default_factory=dict)
    error_code: str | None = None


@dataclass(frozen=True)
class RawAnswer:
    """Any bytes, for answers that no Messages API would give."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


Step = Answer | Fault | RawAnswer


def text(content: str) -> JsonObject:
    """A block of text."""
    return {"type": "text", "text": content}


def thinking(content: str, signature: str) -> JsonObject:
    """A block of thinking with its signature."""
    return {"type": "thinking", "thinking": content, "signature": signature}


def tool_use(call_id: str, name: str, arguments: Any, *, raw: str | None = None) -> JsonObject:
    """A tool call. `arguments` may be what no API should send; `raw` replaces their JSON."""
    shown = json.dumps(arguments) if raw is None else raw
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments, "raw": shown}


def message_json(answer: Answer, *, message_id: str, requested: str) -> dict[str, Any]:
    """The whole answer as one JSON object."""
    content = [{k: v for k, v in block.items() if k != "raw"} for block in answer.content]
    calls = any(block["type"] == "tool_use" for block in content)
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": answer.model or requested,
        "content": content,
        "stop_reason": answer.stop_reason or ("tool_use" if calls else "end_turn"),
        "stop_sequence": None,
        "stop_details": answer.stop_details,
        "usage": {
            "input_tokens": 10,
            "output_tokens": 5,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            **answer.usage,
        },
    }


def message_events(answer: Answer, whole: Mapping[str, Any]) -> Iterator[JsonObject]:
    """The events of the answer's stream, in the API's order."""
    start = {**whole, "content": [], "stop_reason": None, "stop_details": None}
    start["usage"] = {**whole["usage"], "output_tokens": 1}
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    for index, block in enumerate(answer.content):
        yield {"type": "content_block_start", "index": index, "content_block": _opening(block)}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ends = {key: whole[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    usage = {"output_tokens": whole["usage"]["output_tokens"]}
    yield {"type": "message_delta", "delta": ends, "usage": usage}
    yield {"type": "message_stop"}


def _opening(block: JsonObject) -> dict[str, Any]:
    match block["type"]:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "tool_use":
            return {"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}}
        case _:
            return dict(block)


def _deltas(block: JsonObject) -> list[dict[str, str]]:
    match block["type"]:
        case "text":
            return [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        case "thinking":
            said = pieces(block["thinking"])
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in said]
            signature = {"type": "signature_delta", "signature": block["signature"]}
            return [*deltas, signature] if block["signature"] else deltas
        case "tool_use":
            raw = pieces(block.get("raw", json.dumps(block["input"])))
            return [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *raw]]
        case _:
            return []


def pieces(whole: str) -> list[str]:
    """The text in at most three parts, as streams carry it."""
    size = max(1, -(-len(whole) // _PIECES))
    return [whole[at : at + size] for at in range(0, len(whole), size)]
