"""The test server refuses what the real API refuses, and can play a script."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from harness.messages import Message, ToolAnswer, user_message
from harness.models import open_model
from harness.models.scripted import load_script
from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, RawAnswer, text, tool_use

if TYPE_CHECKING:
    from pathlib import Path

    from harness.protocols import Model

SCRIPT = r"""
schema = 1
[[turns]]
calls = [{ name = "bash", input = { command = "cat /flag" } }]
[[turns]]
text = "found"
calls = [{ name = "submit", input = { answer = '{{match:(flag\{\w+\})}}' } }]
usage = { input = 5, cache_read = 7 }
"""

USER = {"role": "user", "content": "hello"}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "b", "input": {}}]}
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "x"}
TEXT = {"type": "text", "text": "x"}
MARKED = [{**TEXT, "cache_control": {"type": "ephemeral"}}] * 5


def _post(url: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - the local server
        f"{url}/v1/messages",
        data=json.dumps(body).encode(),
        headers={"x-api-key": "k", "anthropic-version": "2026-10-21", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def _request(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 10, "messages": list(messages), **more}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "no JSON object"),
        ({"model": "m", "messages": [USER]}, "max_tokens"),
        ({"max_tokens": 1, "messages": [USER]}, "model"),
        (_request(), "messages"),
        (_request(USER, USER), "alternate"),
        (_request({"role": "assistant", "content": "x"}), "alternate"),
        (_request({"role": "user", "content": []}), "non-empty"),
        (_request({"role": "user", "content": [{"type": "text", "text": " "}]}), "non-whitespace"),
        (_request(USER, CALL), "without `tool_result`"),
        (_request(USER, CALL, USER), "corresponding `tool_result`"),
        (_request({"role": "user", "content": [RESULT]}), "corresponding `tool_result`"),
        (_request(USER, CALL, {"role": "user", "content": [TEXT, RESULT]}), "come first"),
        (_request(USER, temperature=1.0), "temperature"),
        (_request(USER, thinking={"type": "enabled", "budget_tokens": 10}), "greater than"),
        (_request({"role": "user", "content": MARKED}), "Found 5"),
        (
            _request(
                USER,
                CALL,
                {"role": "user", "content": [{**RESULT, "content": "", "is_error": True}]},
            ),
            "cannot be empty",
        ),
    ],
)
def test_a_wrong_request_is_refused_as_the_api_does(body: Any, said: str) -> None:
    with MessagesServer([]) as server:
        status, answer = _post(server.url, body)
    assert status == 400
    assert answer["error"]["type"] == "invalid_request_error"
    assert said in answer["error"]["message"]


def test_without_a_key_the_answer_is_401() -> None:
    with MessagesServer([]) as server:
        request = urllib.request.Request(f"{server.url}/v1/messages", data=b"{}")  # noqa: S310
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)  # noqa: S310
    caught.value.close()
    assert caught.value.code == 401


def test_an_answer_without_streaming_is_one_json_object() -> None:
    blocks = [text("hi"), tool_use("id", "bash", {"a": 1})]
    with MessagesServer([Answer(blocks), RawAnswer(b"{", status=200)]) as server:
        status, answer = _post(server.url, _request(USER))
    assert status == 200
    assert answer["stop_reason"] == "tool_use"
    assert answer["content"][1] == {
        "type": "tool_use",
        "id": "id",
        "name": "bash",
        "input": {"a": 1},
    }
    assert server.requests[0].headers["x-api-key"] == "k"


def _run_agent(model: Model, flag: str) -> list[Any]:
    history, replies = [user_message("go")], []
    for _ in range(3):
        reply = model.generate(history)
        replies.append(reply)
        answers = [ToolAnswer(tool_use_id=u.id, content=flag) for u in reply.message.tool_uses]
        history += [reply.message, Message(role="user", content=answers)]
    return [(r.message, r.stop_reason, r.usage) for r in replies]


@pytest.mark.parametrize("name", ["anthropic/claude-x", "openai/gpt-x"])
def test_a_script_gives_the_same_conversation_over_http(name: str, tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, encoding="utf-8")
    with MessagesServer(load_script(path)) as server:
        address = server.chat_url if name.startswith("openai/") else server.url
        model: Any = open_model(name, base_url=address)
        over_http = _run_agent(model, "flag{one} flag{two}")
        again = _run_agent(model, "flag{three}")
        model.close()
    assert over_http == _run_agent(open_model(f"scripted/{path}"), "flag{one} flag{two}")
    assert again[1][0].tool_uses[0].input == {"answer": "flag{three}"}


def test_the_command_prints_its_address_and_serves(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text('schema = 1\n[[turns]]\ntext = "served"', encoding="utf-8")
    command = [sys.executable, "-m", "harness.testing.messages_server", "--script", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        status, answer = _post(url, _request(USER))
        process.terminate()
    assert url.startswith("http://127.0.0.1:")
    assert (status, answer["content"]) == (200, [{"type": "text", "text": "served"}])
