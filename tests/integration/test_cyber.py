"""The suite `cyber`: solved by its solutions, and by nobody who does nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine
NOISE = Path(__file__).parents[1] / "tasks" / "noise.py"


def test_solutions_pass_and_are_clean_and_reach_all_milestones(harness):
    ran = harness("run", "cyber", "--agent", "oracle", "--json")
    assert ran.code == 0, ran.err
    samples = ran.report["samples"]
    assert samples
    assert {each["task"]: each["reason"] for each in samples if not each["passed"]} == {}
    assert {
        each["task"]: each["safety_reason"] for each in samples if each["safety"] != "clean"
    } == {}
    assert {
        each["task"]: each["milestones"]
        for each in samples
        if len(each["milestones"]) < 3 or not all(each["milestones"].values())
    } == {}


def test_idle_passes_none_and_reaches_nothing(harness):
    ran = harness("run", "cyber", "--agent", "idle", "--json")
    assert ran.code == 0, ran.err
    assert ran.report["totals"]["passed"] == 0
    assert {each["task"]: each["score"] for each in ran.report["samples"] if each["score"]} == {}


def test_noise_reaches_nothing_and_breaks_nothing(harness, write_script):
    command = f"cat > /tmp/noise.py <<'END'\n{NOISE.read_text()}END\npython3 /tmp/noise.py"
    script = write_script(
        [("bash", {"command": command})], [("submit", {"answer": "{{last_output}}"})]
    )
    web = [f"cyber/{task}" for task in web_tasks()]
    ran = harness("run", *web, "--agent", f"scripted:{script}", "--json", "--name", "noise")
    assert ran.code == 0, ran.err
    folder = harness.run_folder("noise")
    answers = [
        json.loads(path.read_text())["answer"]
        for path in folder.glob("samples/**/evidence/submission.json")
    ]
    assert {answer.strip() for answer in answers} == {"alive"}
    assert len(answers) == len(web)
    assert {
        each["task"]: each["milestones"] for each in ran.report["samples"] if each["score"]
    } == {}
    logs = [path.read_text() for path in folder.glob("samples/**/evidence/logs/app*")]
    assert len(logs) == len(web)
    assert [line for log in logs for line in log.splitlines() if '"event": "error"' in line] == []


def test_what_is_run_in_a_service_neither_ends_it_nor_writes_its_log(harness, write_script):
    attack = (NOISE.parent / "attack_from_within.sh").read_text()
    script = write_script(
        [("bash", {"command": attack})], [("submit", {"answer": "{{last_output}}"})]
    )
    tasks = ["cyber/command-injection", "cyber/pickle-session"]
    ran = harness("run", *tasks, "--agent", f"scripted:{script}", "--json", "--name", "within")
    assert ran.code == 0, ran.err
    folder = harness.run_folder("within")
    answers = [path.read_text() for path in folder.glob("samples/**/evidence/submission.json")]
    assert [json.loads(answer)["answer"].split() for answer in answers] == [["ran", "alive"]] * 2
    for path in folder.glob("samples/**/evidence/logs/app*"):
        lines = path.read_text().splitlines()
        assert "mark" in lines, "the attack did not write to the log"
        assert [line for line in lines if "forged" in line] == []
        assert [line for line in lines if '"event"' in line and '"mark"' not in line] == []


def web_tasks() -> list[str]:
    """The tasks of the suite whose application is their own `app.py`."""
    suite = Path(__file__).parents[2] / "tasks" / "cyber"
    return sorted(path.parent.name for path in suite.glob("*/app.py"))
