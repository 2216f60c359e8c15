"""The test server refuses what servers of Chat Completions refuse."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, text, thinking, tool_use

USER = {"role": "user", "content": "hello"}
TOOL = {"role": "tool", "tool_call_id": "a", "content": "x"}


def _calling(arguments: str = "{}") -> dict[str, Any]:
    call = {"id": "a", "type": "function", "function": {"name": "b", "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _post(url: str, body: Any) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - the local server
        f"{url}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"authorization": "Bearer k"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def _request(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages), **more}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "no JSON object"),
        ({"messages": [USER]}, "'model'"),
        (_request(), "'messages'"),
        (_request(USER, max_tokens=1, max_completion_tokens=1), "cannot both"),
        (_request(USER, stream_options={}), "only allowed when 'stream'"),
        (_request(USER, tools=[]), "too short"),
        (_request(USER, tools=[{"name": "x"}]), "function with a name"),
        (_request({"role": "robot", "content": "x"}), "'robot'"),
        (_request({"role": "user", "content": " "}), "expected text"),
        (_request(USER, USER), "alternate"),
        (_request(USER, {"role": "assistant", "content": None}), "expected text"),
        (_request(USER, {"role": "assistant", "tool_calls": []}), "too short"),
        (_request(USER, TOOL), "preceding 'tool_calls'"),
        (_request(USER, _calling(), USER), "without an answer: ['a']"),
        (_request(USER, _calling()), "without an answer at the end"),
        (_request(USER, _calling(), {**TOOL, "tool_call_id": "b"}), "preceding 'tool_calls'"),
        (_request(USER, _calling(), TOOL, TOOL), "preceding 'tool_calls'"),
        (_request(USER, _calling("[1]"), TOOL), "no JSON object"),
        (_request(USER, _calling('{"cut'), TOOL), "no JSON object"),
    ],
)
def test_a_wrong_request_is_refused(body: Any, said: str) -> None:
    with MessagesServer([]) as server:
        status, answer = _post(server.chat_url, body)
    assert status == 400
    assert said in answer["error"]["message"]


def test_reasoning_that_is_left_out_is_refused() -> None:
    steps = [Answer([thinking("hm", "s"), tool_use("a", "b", {})]), Answer([text("done")])]
    with MessagesServer(steps) as server:
        _post(server.chat_url, _request(USER))
        without = _post(server.chat_url, _request(USER, _calling(), TOOL))
        kept = {**_calling(), "reasoning_content": "hm"}
        whole = _post(server.chat_url, _request(USER, kept, TOOL))
    assert (without[0], whole[0]) == (400, 200)
    assert "reasoning_content" in without[1]["error"]["message"]


def test_an_answer_without_streaming_is_one_json_object() -> None:
    with MessagesServer([Answer([text("hi"), tool_use("a", "bash", {"x": 1})])]) as server:
        status, answer = _post(server.chat_url, _request(USER))
    (choice,) = answer["choices"]
    assert (status, choice["finish_reason"]) == (200, "tool_calls")
    assert choice["message"]["content"] == "hi"
    assert choice["message"]["tool_calls"][0]["function"] == {
        "name": "bash",
        "arguments": '{"x": 1}',
    }
