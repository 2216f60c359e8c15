"""The chunks of a streamed chat completion, put together to one message.

Servers keep to the protocol loosely. What is taken as it comes: calls without a number or an id,
or all with the same number; `stop` at the end of a reply with calls; no count of tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.messages import Message, Text, Thinking, TokenUsage, ToolUse
from harness.models.chat_wire import REASONING_FIELDS
from harness.models.failures import CallFailed
from harness.models.stream import Answer, read_input, unknown_content

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.messages import Block, StopReason

_STOP_REASONS: dict[str, StopReason] = {
    "stop": "end_turn",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "length": "max_tokens",
    "content_filter": "refusal",
}


@dataclass
class _Call:
    id: str
    name: str = ""
    arguments: str = ""


@dataclass
class _Draft:
    """A completion in the making."""

    id: str = ""
    model: str = ""
    text: str = ""
    refusal: str = ""
    reasoning: dict[str, str] = field(default_factory=dict)
    calls: list[_Call] = field(default_factory=list)
    at: dict[Any, _Call] = field(default_factory=dict)
    finish_reason: str | None = None
    usage: TokenUsage | None = None

    def add(self, chunk: Mapping[str, Any]) -> None:
        self.id = str(chunk.get("id") or self.id)
        self.model = str(chunk.get("model") or self.model)
        if chunk.get("usage"):
            self.usage = _usage(chunk["usage"])
        for choice in chunk.get("choices") or ():
            self._extend(choice.get("delta") or {})
            self.finish_reason = choice.get("finish_reason") or self.finish_reason

    def _extend(self, delta: Mapping[str, Any]) -> None:
        self.text += delta.get("content") or ""
        self.refusal += delta.get("refusal") or ""
        # Some servers send the same reasoning under both names.
        name = next((name for name in REASONING_FIELDS if delta.get(name)), None)
        if name is not None:
            self.reasoning[name] = self.reasoning.get(name, "") + delta[name]
        for piece in delta.get("tool_calls") or ():
            function = piece.get("function") or {}
            call = self._call(piece.get("index"), piece.get("id"))
            call.name = call.name or function.get("name") or ""
            arguments = function.get("arguments") or ""
            call.arguments += arguments if isinstance(arguments, str) else json.dumps(arguments)

    def _call(self, index: Any, call_id: str | None) -> _Call:
        """The call that a piece belongs to: that of its number, unless its id is a new one.

        A piece with neither goes on with the latest call.
        """
        if index is None and not call_id:
            known = self.calls[-1] if self.calls else None
        else:
            known = self.at.get(index)
        if known is None or (call_id and call_id != known.id):
            known = _Call(call_id or f"call-{len(self.calls)}-{self.id}")
            self.calls.append(known)
            self.at[index] = known
        return known


def read_chat(chunks: Iterable[Mapping[str, Any]], *, where: str) -> tuple[Answer, bool]:
    """Put the chunks of a stream together; and whether the server counted tokens.

    Raises CallFailed (worth another try) for a stream without its end, and ModelError for a
    finish reason that is not known here; its `detail` holds everything that came.
    """
    draft = _Draft()
    for chunk in chunks:
        try:
            draft.add(chunk)
        except (KeyError, TypeError, AttributeError) as error:
            what = f"a chunk of the stream is malformed: {chunk!r}"
            raise CallFailed(what) from error
    if draft.finish_reason is None:
        what = "the stream ended before the message did"
        raise CallFailed(what)
    message, stop_reason = _message(draft, where)
    usage = draft.usage or TokenUsage()
    return Answer(message, stop_reason, usage, draft.model), draft.usage is not None


def _message(draft: _Draft, where: str) -> tuple[Message, StopReason]:
    reason = _STOP_REASONS.get(draft.finish_reason or "")
    if reason is None:
        what = f"stopped for the unknown reason {draft.finish_reason!r}"
        raise unknown_content(where, what, [{"text": draft.text, "refusal": draft.refusal}])
    content: list[Block] = [
        Thinking(thinking=text, signature=name) for name, text in draft.reasoning.items()
    ]
    content += [Text(text=draft.text)] if draft.text else []
    content += [Text(text=draft.refusal)] if draft.refusal else []
    if reason == "refusal" and not (draft.text or draft.refusal):
        content.append(Text(text="(refused: content_filter)"))
    for call in draft.calls:
        cut = reason == "max_tokens" and call is draft.calls[-1]
        arguments = read_input(call.arguments, whole=None if cut else {})
        content.append(ToolUse(id=call.id, name=call.name, input=arguments))
    if draft.refusal:
        reason = "refusal"
    elif draft.calls and reason == "end_turn":
        reason = "tool_use"
    return Message(role="assistant", content=content), reason


def _usage(counts: Mapping[str, Any]) -> TokenUsage:
    """`prompt_tokens` includes what was cached; ours does not."""
    details = counts.get("prompt_tokens_details") or {}
    read = details.get("cached_tokens") or 0
    written = details.get("cache_write_tokens") or 0
    return TokenUsage(
        input=max(0, (counts.get("prompt_tokens") or 0) - read - written),
        output=counts.get("completion_tokens") or 0,
        cache_read=read,
        cache_write=written,
    )
