"""The real agent loop and the real SDK against a local server that speaks the Messages API."""

from __future__ import annotations

import json

import pytest

from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, Fault, text, tool_use

pytestmark = pytest.mark.engine
MODEL = "anthropic/claude-opus-4-5"
READ = Answer([text("I read it."), tool_use("t1", "bash", {"command": "cat /home/agent/flag.txt"})])


def ask(harness, server, *more):
    return harness(
        "run",
        "trouble/plain",
        "--model",
        MODEL,
        "--base-url",
        server.url,
        "--json",
        *more,
        ANTHROPIC_API_KEY="a-key-for-tests",
    )


def last_output(recorded):
    block = recorded.body["messages"][-1]["content"][0]
    told = block["content"]
    return told if isinstance(told, str) else told[0]["text"]


class FlagReader:
    """Reads the flag, then submits what it read; before that, what `troubles` says."""

    def __init__(self, *troubles):
        self.troubles = list(troubles)

    def __call__(self, recorded):
        if self.troubles:
            return self.troubles.pop(0)
        if len(recorded.body["messages"]) == 1:
            return READ
        return Answer([tool_use("t2", "submit", {"answer": last_output(recorded)})])


def test_the_loop_captures_the_flag_through_tool_calls(harness):
    with MessagesServer(FlagReader()) as server:
        ran = ask(harness, server)
        sample = ran.sample("trouble/plain")
    assert ran.code == 0, ran.err
    assert (sample["status"], sample["passed"], sample["steps"]) == ("finished", True, 2)
    assert sample["usd"] > 0
    assert {tool["name"] for tool in server.requests[0].body["tools"]} == {
        "bash",
        "edit",
        "python",
        "process",
        "submit",
    }


def test_rate_limits_overload_and_cut_streams_are_waited_out(harness):
    troubles = FlagReader(
        Fault(429, "rate_limit_error", headers={"retry-after": "1"}),
        Fault(529, "overloaded_error"),
        Answer(READ.content, cut_after=3),
    )
    with MessagesServer(troubles) as server:
        ran = ask(harness, server, "--name", "patient")
        sample = ran.sample("trouble/plain")
    assert (sample["status"], sample["passed"], sample["steps"]) == ("finished", True, 2)
    (log,) = harness.run_folder("patient").glob("samples/**/events.jsonl")
    replies = [
        each
        for each in map(json.loads, log.read_text().splitlines())
        if each["kind"] == "model_reply"
    ]
    assert len(replies[0]["reply"]["retries"]) == 3
    assert replies[0]["reply"]["waited_seconds"] >= 1


def test_a_refusal_is_a_status_and_the_end_state_is_graded(harness):
    with MessagesServer([Answer([text("I will not.")], stop_reason="refusal")]) as server:
        ran = ask(harness, server)
        sample = ran.sample("trouble/plain")
    assert (sample["status"], sample["score"], ran.code) == ("refused", 0.0, 0)


def test_an_error_that_no_retry_mends_is_a_model_error_without_a_score(harness):
    with MessagesServer([Fault(401, "authentication_error", "invalid x-api-key")]) as server:
        ran = ask(harness, server)
        sample = ran.sample("trouble/plain")
        asked = len(server.requests)
    assert (sample["status"], sample["score"], ran.code) == ("model_error", None, 3)
    assert "ANTHROPIC_API_KEY" in sample["error"]
    assert "a-key-for-tests" not in ran.out + ran.err
    assert asked == 1


def test_empty_replies_and_unknown_tools_are_nudged_and_the_loop_ends(harness):
    program = [
        Answer([]),
        Answer([tool_use("a", "fly", {}), tool_use("b", "bash", [1, 2])]),
        *[Answer([text("I think.")])] * 3,
    ]
    with MessagesServer(program) as server:
        ran = ask(harness, server)
        sample = ran.sample("trouble/plain")
    assert (sample["status"], sample["steps"], sample["score"]) == ("finished", 5, 0.0)


def test_a_usd_limit_stops_a_sample(harness):
    spendthrift = Answer(
        [tool_use("t", "bash", {"command": "true"})], usage={"output_tokens": 100_000}
    )
    with MessagesServer(lambda _request: spendthrift) as server:
        ran = ask(harness, server, "--limit-usd", "3")
        sample = ran.sample("trouble/plain")
    assert (sample["status"], sample["limit"], sample["steps"]) == ("limit", "usd", 2)


def test_a_usd_limit_on_an_unknown_price_is_refused_before_anything_starts(harness):
    with MessagesServer([]) as server:
        ran = harness(
            "run",
            "trouble/plain",
            "--model",
            "anthropic/some-new-model",
            "--base-url",
            server.url,
            "--limit-usd",
            "1",
            ANTHROPIC_API_KEY="k",
        )
    assert ran.code == 2
    assert "its price is unknown" in ran.err
    assert not harness.runs.exists()


def test_a_missing_key_is_named_before_anything_starts(harness):
    ran = harness("run", "trouble/plain", "--model", MODEL, ANTHROPIC_API_KEY="")
    assert ran.code == 2
    assert "ANTHROPIC_API_KEY" in ran.err
    assert not harness.runs.exists()
