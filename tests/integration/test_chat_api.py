"""The real agent loop and the real SDK against a local server that speaks Chat Completions."""

from __future__ import annotations

import json

import pytest

from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, Fault, text, thinking, tool_use

pytestmark = pytest.mark.engine
READ = Answer(
    [
        thinking("The flag is in a file.", "unused"),
        text("I read it."),
        tool_use("t1", "bash", {"command": "cat /home/agent/flag.txt"}),
        tool_use("t2", "bash", [1, 2]),
    ],
    usage={"input_tokens": 10_000, "output_tokens": 10_000},
)


class FlagReader:
    """Reads the flag, then submits what it read; before that, what `troubles` says."""

    def __init__(self, *troubles):
        self.troubles = list(troubles)

    def __call__(self, recorded):
        if self.troubles:
            return self.troubles.pop(0)
        outputs = [turn["content"] for turn in recorded.body["messages"] if turn["role"] == "tool"]
        if not outputs:
            return READ
        return Answer([tool_use("t3", "submit", {"answer": outputs[0]})])


def write_model(path, server):
    path.write_text(
        f"""
schema = 1
name = "night-model"
provider = "openai"
id = "local-7b"
base_url = "{server.chat_url}"
context_tokens = 32_768
settings = {{ max_tokens = 2000, temperature = 0.0 }}
prices = {{ input = 0.5, output = 1.0, cache_read = 0.1, cache_write = 0.5 }}
"""
    )
    return str(path)


def test_the_loop_captures_the_flag_through_rate_limits_and_cut_streams(harness):
    troubles = FlagReader(
        Fault(429, "rate_limit_error", headers={"retry-after": "0.1"}),
        Fault(503, "server_error"),
        Answer(READ.content, cut_after=3),
    )
    with MessagesServer(troubles) as server:
        ran = harness(
            *("run", "trouble/plain", "--model", "openai/local-7b", "--json", "--name", "chat"),
            *("--base-url", server.chat_url),
            OPENAI_API_KEY="",
        )
        sample = ran.sample("trouble/plain")
    assert ran.code == 0, ran.err
    assert (sample["status"], sample["passed"], sample["steps"]) == ("finished", True, 2)
    assert sample["usd"] is None
    assert sample["models_returned"] == ["local-7b"]
    tools = {tool["function"]["name"] for tool in server.requests[0].body["tools"]}
    assert tools == {"bash", "edit", "python", "process", "submit"}
    (log,) = harness.run_folder("chat").glob("samples/**/events.jsonl")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    reply = next(each["reply"] for each in events if each["kind"] == "model_reply")
    assert len(reply["retries"]) == 3


def test_a_model_file_is_pinned_and_its_replies_can_be_kept(harness, tmp_path):
    cache = str(tmp_path / "cache")
    with MessagesServer(FlagReader()) as server:
        file = write_model(tmp_path / "model.toml", server)
        more = ("--json", "--limit-usd", "9", "--cache-generations", cache)
        ran = [
            harness("run", "trouble/plain", "--model", file, *more, OPENAI_API_KEY="")
            for _ in range(2)
        ]
    assert [each.code for each in ran] == [0, 0], ran[0].err + ran[1].err
    first, again = (each.sample("trouble/plain") for each in ran)
    # The flag is a new one each time, so only the first request of the second run is known.
    assert len(server.requests) == 3
    assert {request.body["max_tokens"] for request in server.requests} == {2000}
    assert (first["model"], first["passed"], first["cached_replies"]) == ("night-model", True, 0)
    assert (again["model"], again["passed"], again["cached_replies"]) == ("night-model", True, 1)
    assert first["usd"] == pytest.approx(0.015 + 0.00001)
    assert again["usd"] == pytest.approx(0.00001)
    notices = [each.report["run"]["notices"] for each in ran]
    assert "none of 2 model replies came from it" in notices[0][0]
    assert notices[1][0].startswith("1 of 2 model replies came from the generation cache")


def test_a_faulty_model_file_is_refused_before_anything_starts(harness, tmp_path):
    with MessagesServer([]) as server:
        file = write_model(tmp_path / "model.toml", server)
    (tmp_path / "model.toml").write_text((tmp_path / "model.toml").read_text() + 'api_key = "k"\n')
    ran = harness("run", "trouble/plain", "--model", file)
    assert ran.code == 2
    assert "model.toml:10: api_key: unknown key" in ran.err
    listed = harness("list", "models", file)
    assert listed.code == 2
    assert not harness.runs.exists()
