"""Killed, interrupted, graded again: nothing is lost and nothing is touched twice."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.alone]
TASKS = ("trouble/slow", "trouble/plain")


def leftovers(run):
    filters = ["--filter", f"label=harness.run={run}", "--quiet"]
    found = []
    for listing in (["docker", "ps", "--all"], ["docker", "network", "ls"]):
        found += subprocess.run(
            [*listing, *filters], capture_output=True, text=True, check=True
        ).stdout.split()
    return found


def outcome(report):
    """What a report says, without times, paths and attempts."""
    keys = ("task", "variant", "agent", "epoch", "status", "score", "passed", "steps")
    return sorted(str([sample[key] for key in keys]) for sample in report["samples"])


def wait_for(harness, name, done):
    for _ in range(600):
        runs = list(harness.runs.glob(f"*_{name}_*"))
        if runs and len(list(runs[0].glob("samples/**/result.json"))) >= done:
            return runs[0]
        time.sleep(0.05)
    pytest.fail("the run did not get so far")


def test_a_killed_run_resumes_to_the_report_of_an_undisturbed_one(harness):
    options = ("--agent", "oracle", "--epochs", "3", "--jobs", "2")
    process = harness.start("run", *TASKS, *options, "--name", "killed")
    live = harness.start("run", "trouble/slow", "--agent", "oracle", "--name", "live")
    folder = wait_for(harness, "killed", 2)
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    scored = {path: path.read_bytes() for path in folder.glob("samples/**/result.json")}
    assert leftovers(folder.name)

    cleaned = json.loads(harness("clean", "--json").out)
    assert {each["run"] for each in cleaned["removed"]} == {folder.name}
    assert leftovers(folder.name) == []

    resumed = harness("run", "--resume", str(folder), "--json")
    undisturbed = harness("run", *TASKS, *options, "--json")
    assert resumed.code == 0, resumed.err
    assert outcome(resumed.report) == outcome(undisturbed.report)
    assert {path: path.read_bytes() for path in scored} == scored
    assert any("interrupted" in path.read_text() for path in folder.glob("samples/**/events.jsonl"))
    live.communicate(timeout=60)
    assert live.returncode == 0


def test_a_torn_last_line_is_repaired_and_noted(harness):
    harness("run", "trouble/plain", "--agent", "oracle", "--name", "torn")
    folder = harness.run_folder("torn")
    (attempt,) = folder.glob("samples/**/attempt-1")
    (attempt / "result.json").unlink()
    log = attempt / "events.jsonl"
    log.write_bytes(log.read_bytes()[:-40])
    ran = harness("run", "--resume", str(folder), "--json")
    assert ran.sample("trouble/plain")["attempt"] == 2
    kinds = [json.loads(line)["kind"] for line in log.read_text().splitlines()]
    assert kinds[-2:] == ["log_repaired", "interrupted"]


def test_ctrl_c_cancels_cleanly_leaves_nothing_and_resumes(harness):
    process = harness.start(
        "run", "trouble/slow", "--agent", "oracle", "--epochs", "4", "--name", "stop"
    )
    wait_for(harness, "stop", 1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    folder = harness.run_folder("stop")
    assert process.returncode == 130
    assert leftovers(folder.name) == []
    assert harness("run", "--resume", str(folder), "--json").report["totals"]["passed"] == 4


def test_a_second_ctrl_c_ends_at_once_without_a_score(harness, write_script):
    script = write_script([("bash", {"command": "sleep 15"})], [("submit", {"answer": "x"})])
    process = harness.start(
        "run", "trouble/plain", "--agent", f"scripted:{script}", "--name", "now"
    )
    for _ in range(200):
        if list(harness.runs.glob("*/samples/**/events.jsonl")) and leftovers(
            harness.run_folder("now").name
        ):
            break
        time.sleep(0.05)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    folder = harness.run_folder("now")
    (result,) = folder.glob("samples/**/result.json")
    assert process.returncode == 130
    assert json.loads(result.read_text())["status"] == "cancelled"
    assert json.loads(result.read_text())["grade"] is None
    assert leftovers(folder.name) == []


def test_grading_again_needs_no_engine_and_gives_the_same_verdicts(harness, tmp_path: Path):
    harness(
        "run",
        "quickstart/messy-ledger",
        "trouble/plain",
        "--agent",
        "oracle",
        "--agent",
        "idle",
        "--name",
        "once",
    )
    moved = tmp_path / "elsewhere" / "run"
    shutil.copytree(harness.run_folder("once"), moved)
    ran = harness("grade", str(moved), "--json", DOCKER_HOST="unix:///nowhere.sock")
    again = json.loads(ran.out)
    assert ran.code == 0, ran.err
    assert len(again) == 4
    assert not any(each["changed"] for each in again)
    assert sorted(each["passed"] for each in again) == [False, False, True, True]


def test_a_changed_log_is_found_when_it_is_graded_again(harness):
    harness("run", "trouble/plain", "--agent", "oracle", "--name", "forged")
    folder = harness.run_folder("forged")
    (log,) = folder.glob("samples/**/events.jsonl")
    log.write_text(log.read_text().replace('"how":"submitted"', '"how":"returned"'))
    ran = harness("grade", str(folder))
    assert ran.code == 3
    assert "the hash chain is broken" in ran.err


def test_the_run_budget_stops_a_run(harness):
    ran = harness(
        "run",
        "trouble/slow",
        "--agent",
        "oracle",
        "--epochs",
        "4",
        "--jobs",
        "1",
        "--budget-wall",
        "5s",
        "--json",
    )
    assert ran.code == 0
    assert 0 < ran.report["totals"]["scored"] < 4
    assert "wall budget" in ran.report["run"]["ended"]


def test_a_log_whose_end_was_cut_off_is_found_when_it_is_graded_again(harness):
    harness("run", "trouble/plain", "--agent", "oracle", "--name", "cut")
    folder = harness.run_folder("cut")
    (log,) = folder.glob("samples/**/events.jsonl")
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:-3]))
    ran = harness("grade", str(folder))
    assert ran.code == 3
    assert "its last lines are missing" in ran.err


def test_what_a_killed_attempt_spent_counts_for_the_budget_of_the_resumed_run(harness, tmp_path):
    script = tmp_path / "model.json"
    dear = {"calls": [{"name": "bash", "input": {"command": "true"}}], "usage": {"output": 900}}
    last = {"calls": [{"name": "submit", "input": {"answer": "x"}}], "usage": {"output": 200}}
    script.write_text(json.dumps({"schema": 1, "turns": [dear, last]}))
    model = f"scripted/{script}"
    options = ("--model", model, "--budget-tokens", "1500", "--name", "spent")
    harness("run", "trouble/plain", *options)
    folder = harness.run_folder("spent")
    (result,) = folder.glob("samples/**/result.json")
    result.unlink()
    resumed = harness("run", "--resume", str(folder), "--json")
    assert "tokens budget" in resumed.report["run"]["ended"]
    assert resumed.report["totals"]["scored"] == 0
