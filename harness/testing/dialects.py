"""The two protocols that the test server speaks: the same steps, in the words of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.testing.chat_rules import check_chat_request, outputs_of
from harness.testing.chat_steps import chat_chunks, chat_json
from harness.testing.messages_rules import SeenThinking, check_request
from harness.testing.messages_steps import (
    Answer,
    Fault,
    JsonObject,
    message_events,
    message_json,
)


@dataclass(frozen=True)
class Dialect:
    """How one protocol says things.

    `check` takes a request's body, its headers and the thinking sent so far, and raises Refused;
    `outputs` gives a body's tool outputs; `whole` makes an answer of an id and the asked model;
    `events` are the texts of a stream's events, from the answer, the whole of it and the request.
    """

    check: Callable[[Any, Mapping[str, str], SeenThinking], None]
    outputs: Callable[[Mapping[str, Any]], list[str]]
    whole: Callable[[Answer, str, str], dict[str, Any]]
    events: Callable[[Answer, JsonObject, JsonObject], Iterator[str]]
    error_event: Callable[[str, str], str]
    fault: Callable[[Fault, str], dict[str, Any]]
    garbage: str


def _messages_outputs(body: Mapping[str, Any]) -> list[str]:
    contents = [message["content"] for message in body["messages"]]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    return [_output(block) for block in blocks if block["type"] == "tool_result"]


def _output(block: Mapping[str, Any]) -> str:
    content = block.get("content", "")
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


def _messages_events(answer: Answer, whole: JsonObject, _: JsonObject) -> Iterator[str]:
    for event in message_events(answer, whole):
        yield _event(event["type"], json.dumps(event))


def _messages_error(kind: str, message: str) -> str:
    error = {"type": kind, "message": message}
    return _event("error", json.dumps({"type": "error", "error": error}))


def _messages_fault(fault: Fault, request_id: str) -> dict[str, Any]:
    error: dict[str, Any] = {"type": fault.kind, "message": fault.message}
    if fault.error_code is not None:
        error["details"] = {"error_code": fault.error_code}
    return {"type": "error", "error": error, "request_id": request_id}


def _event(kind: str, data: str) -> str:
    return f"event: {kind}\ndata: {data}\n\n"


def _chat_events(_: Answer, whole: JsonObject, request: JsonObject) -> Iterator[str]:
    counted = bool((request.get("stream_options") or {}).get("include_usage"))
    for chunk in chat_chunks(whole, counted=counted):
        yield f"data: {json.dumps(chunk)}\n\n"
    yield "data: [DONE]\n\n"


def _chat_error(kind: str, message: str) -> str:
    error = {"message": message, "type": kind, "param": None, "code": None}
    return f"data: {json.dumps({'error': error})}\n\n"


def _chat_fault(fault: Fault, _: str) -> dict[str, Any]:
    error = {
        "message": fault.message,
        "type": fault.kind,
        "param": None,
        "code": fault.error_code,
    }
    return {"error": error}


MESSAGES = Dialect(
    check=lambda body, headers, seen: check_request(
        body, headers.get("anthropic-version", ""), seen
    ),
    outputs=_messages_outputs,
    whole=lambda answer, message_id, requested: message_json(
        answer, message_id=message_id, requested=requested
    ),
    events=_messages_events,
    error_event=_messages_error,
    fault=_messages_fault,
    garbage=_event("content_block_delta", '{"type": "content_bl'),
)
CHAT = Dialect(
    check=lambda body, _, seen: check_chat_request(body, seen),
    outputs=outputs_of,
    whole=lambda answer, message_id, requested: chat_json(
        answer, message_id=message_id, requested=requested
    ),
    events=_chat_events,
    error_event=_chat_error,
    fault=_chat_fault,
    garbage='data: {"choices": [{"del\n\n',
)
