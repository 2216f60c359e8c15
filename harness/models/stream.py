"""The events of a streamed answer, put together to one message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from harness.errors import ModelError
from harness.messages import (
    Block,
    Message,
    RedactedThinking,
    StopReason,
    Text,
    Thinking,
    TokenUsage,
    ToolUse,
)
from harness.models.failures import CallFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

UNREADABLE_INPUT = "unreadable_input"
"""The one key of a tool call's input whose JSON was cut or is no object; its value is the raw text.

No tool has such an argument, so the call is refused and the model is told, and nothing that was
cut in the middle is ever carried out.
"""

# The API ends a reply so when the window is full. It is a reply cut by length, as max_tokens is.
_STOP_REASONS: dict[str, StopReason] = {
    **{reason: reason for reason in get_args(StopReason)},
    "model_context_window_exceeded": "max_tokens",
}
_USAGE = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_input_tokens": "cache_read",
    "cache_creation_input_tokens": "cache_write",
}


@dataclass(frozen=True)
class Answer:
    """What one stream said. `model` is the id that the API says it used."""

    message: Message
    stop_reason: StopReason
    usage: TokenUsage
    model: str


def read_answer(events: Iterable[Mapping[str, Any]], *, where: str) -> Answer:
    """Put the events of a stream together.

    Raises CallFailed (worth another try) for a stream without its end, and ModelError for content
    or a stop reason that is not known here; its `detail` holds everything that came.
    """
    draft = _Draft()
    for event in events:
        try:
            draft.add(event)
        except (KeyError, TypeError, AttributeError) as error:
            message = f"an event of the stream is malformed: {event!r}"
            raise CallFailed(message) from error
    if not draft.ended or draft.stop_reason is None:
        message = "the stream ended before the message did"
        raise CallFailed(message)
    return _answer(draft, where)


class _Draft:
    """A message in the making, as the API's own JSON."""

    def __init__(self) -> None:
        self.model = ""
        self.blocks: dict[int, dict[str, Any]] = {}
        self.stop_reason: str | None = None
        self.stop_details: Mapping[str, Any] | None = None
        self.usage: dict[str, int] = {}
        self.ended = False

    def add(self, event: Mapping[str, Any]) -> None:
        match event.get("type"):
            case "message_start":
                self.model = str(event["message"].get("model") or "")
                self._count(event["message"].get("usage") or {})
            case "content_block_start":
                self.blocks[event["index"]] = dict(event["content_block"])
            case "content_block_delta":
                self._extend(self.blocks[event["index"]], event["delta"])
            case "message_delta":
                self.stop_reason = event["delta"].get("stop_reason")
                self.stop_details = event["delta"].get("stop_details")
                self._count(event.get("usage") or {})
            case "message_stop":
                self.ended = True
            case _:  # the API may add kinds of events; clients are told to pass over them
                pass

    def _count(self, usage: Mapping[str, Any]) -> None:
        counts = {ours: usage.get(theirs) for theirs, ours in _USAGE.items()}
        self.usage.update({name: count for name, count in counts.items() if isinstance(count, int)})

    @staticmethod
    def _extend(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
        match delta.get("type"):
            case "text_delta":
                block["text"] = block.get("text", "") + delta["text"]
            case "thinking_delta":
                block["thinking"] = block.get("thinking", "") + delta["thinking"]
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "input_json_delta":
                block["raw_input"] = block.get("raw_input", "") + delta["partial_json"]
            case _:
                block.setdefault("unknown_deltas", []).append(dict(delta))


def _answer(draft: _Draft, where: str) -> Answer:
    raw = [draft.blocks[index] for index in sorted(draft.blocks)]
    stop_reason = _STOP_REASONS.get(draft.stop_reason or "")
    if stop_reason is None:
        raise unknown_content(where, f"stopped for the unknown reason {draft.stop_reason!r}", raw)
    cut = len(raw) - 1 if stop_reason == "max_tokens" else None
    content = [_block(block, where, cut=index == cut) for index, block in enumerate(raw)]
    if stop_reason == "refusal" and not any(isinstance(block, Text) for block in content):
        content += _explanation(draft.stop_details or {})
    return Answer(
        message=Message(role="assistant", content=content),
        stop_reason=stop_reason,
        usage=TokenUsage(**draft.usage),
        model=draft.model,
    )


def _block(block: Mapping[str, Any], where: str, *, cut: bool) -> Block:
    if "unknown_deltas" in block:
        kinds = sorted({str(delta.get("type")) for delta in block["unknown_deltas"]})
        raise unknown_content(
            where, f"sent content in unknown pieces ({', '.join(kinds)})", [block]
        )
    match block.get("type"):
        case "text":
            return Text(text=block.get("text", ""))
        case "thinking":
            return Thinking(
                thinking=block.get("thinking", ""), signature=block.get("signature", "")
            )
        case "redacted_thinking":
            return RedactedThinking(data=block["data"])
        case "tool_use":
            return ToolUse(id=block["id"], name=block["name"], input=_input(block, cut=cut))
        case kind:
            raise unknown_content(where, f"sent a block of the unknown type {kind!r}", [block])


def _input(block: Mapping[str, Any], *, cut: bool) -> Mapping[str, Any]:
    return read_input(block.get("raw_input", ""), whole=None if cut else block.get("input"))


def read_input(raw: str, *, whole: Any) -> Mapping[str, Any]:
    """A call's arguments from their JSON; `whole` is what they are when no JSON came at all.

    What is no object stands as text under UNREADABLE_INPUT.
    """
    if not raw.strip():
        return whole if isinstance(whole, Mapping) else {UNREADABLE_INPUT: raw}
    try:
        value = json.loads(raw)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {UNREADABLE_INPUT: raw}


def _explanation(details: Mapping[str, Any]) -> list[Block]:
    parts = [details.get("category"), details.get("explanation")]
    said = ": ".join(str(part) for part in parts if part)
    return [Text(text=f"(refused: {said})")] if said else []


def unknown_content(where: str, what: str, blocks: list[Any]) -> ModelError:
    """The error for content that this harness does not know; its detail holds `blocks`."""
    return ModelError(
        where,
        what,
        "use a newer harness, or a model that it knows",
        detail=json.dumps(blocks, indent=1, default=str),
    )
