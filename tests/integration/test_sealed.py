"""A sample on a sealed network: tried from inside before and after, its attempts kept as evidence."""

from __future__ import annotations

import base64
import json
import subprocess
import time

import pytest

pytestmark = pytest.mark.engine
TASK = "trouble/reaches-out"


def events(harness, sample, kind):
    (folder,) = harness.runs.iterdir()
    lines = (folder / sample["path"] / "events.jsonl").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each["kind"] == kind]


def test_the_log_holds_both_self_tests_and_the_evidence_every_attempt(harness):
    ran = harness("run", TASK, "--agent", "oracle", "--capture", "--json")
    sample = ran.sample(TASK)
    assert (sample["status"], sample["passed"], ran.code) == ("finished", True, 0)
    tried = events(harness, sample, "boundary")
    assert [(each["when"], each["held"]) for each in tried] == [("before", True), ("after", True)]
    (folder,) = harness.runs.iterdir()
    sensors = folder / sample["path"] / "evidence" / "sensors"
    rows = [json.loads(line) for line in (sensors / "network.jsonl").read_text().splitlines()]
    (stream,) = [row for row in rows if row.get("name") == "collect.invalid" and "bytes" in row]
    assert base64.b64decode(stream["data"]).startswith(b"flag{")
    assert rows[-1] == {**rows[-1], "kind": "end", "lost": {}}
    assert (sensors / "network.pcap").stat().st_size > 100
    (opened,) = events(harness, sample, "sandbox_opened")
    assert opened["services"]["box"]["network"] == "sealed"
    assert opened["services"]["box"]["outside"] == "sinkhole"


def meddle(harness, *command):
    """Do something to the warden while the agent works; the finished sample."""
    process = harness.start("run", TASK, "--agent", "oracle", "--json")
    subprocess.run([part.format(warden=warden_at_work(harness)) for part in command], check=True)
    out, _ = process.communicate(timeout=120)
    (sample,) = json.loads(out)["samples"]
    return sample, process.returncode


def warden_at_work(harness):
    """The id of the warden of a sample whose agent has begun."""
    for _ in range(300):
        logs = list(harness.runs.glob("*/samples/**/events.jsonl"))
        if logs and '"tool_result"' in logs[0].read_text():
            listed = ["docker", "ps", "-q", "--filter", "name=harness-trouble-reaches-out"]
            listed += ["--filter", "label=harness.service=network"]
            found = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
            return found.split()[0]
        time.sleep(0.1)
    pytest.fail("the agent never began")


def test_a_boundary_that_does_not_hold_after_the_agent_gives_no_score(harness):
    sample, code = meddle(harness, "docker", "exec", "{warden}", "nft", "flush", "ruleset")
    assert (sample["status"], sample["score"], code) == ("sandbox_error", None, 3)
    assert "did not hold" in sample["error"]
    assert [each["held"] for each in events(harness, sample, "boundary")] == [True, False]


def test_a_warden_that_died_gives_no_score(harness):
    sample, code = meddle(harness, "docker", "kill", "{warden}")
    assert (sample["status"], sample["score"], code) == ("sandbox_error", None, 3)
    assert "warden" in sample["error"]
