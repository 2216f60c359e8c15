"""What `harness new` writes works at once."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.engine


def test_a_new_task_passes_with_its_solution_and_with_nothing_else(harness, tmp_path):
    assert harness("new", "task", "mine/first", "--into", str(tmp_path)).code == 0
    agents = ("--agent", "oracle", "--agent", "idle", "--agent", "cheat:guess")
    ran = harness("run", "mine/first", "--path", str(tmp_path), *agents, "--json")
    passed = {each["agent"]: each["passed"] for each in ran.report["samples"]}
    assert passed == {"oracle": True, "idle": False, "cheat:guess": False}, ran.out


def test_a_new_agent_solves_a_task_with_a_model(harness, tmp_path, write_script):
    assert harness("new", "agent", "own", "--into", str(tmp_path)).code == 0
    script = write_script(
        [("bash", {"command": "cat /home/agent/flag.txt"})],
        [("submit", {"answer": "{{last_output}}"})],
    )
    options = ("--agent", "own", "--model", f"scripted/{script}", "--path", str(tmp_path), "--json")
    assert harness("run", "trouble/plain", *options).sample("trouble/plain")["passed"] is True


def test_a_new_environment_builds_and_its_service_answers_a_task(harness, tmp_path):
    assert harness("new", "environment", "own-range", "--into", str(tmp_path)).code == 0
    assert harness("new", "task", "mine/ask", "--into", str(tmp_path)).code == 0
    task = tmp_path / "tasks" / "mine" / "ask"
    toml = (task / "task.toml").read_text()
    (task / "task.toml").write_text(toml.replace('"workstation"', '"own-range"'))
    (task / "solution.sh").write_text("#-- ask\ncurl -s http://web:8080/\n")
    ran = harness("run", "mine/ask", "--path", str(tmp_path), "--agent", "oracle", "--json")
    folder = harness.runs / ran.report["run"]["id"] / ran.sample("mine/ask")["path"]
    submission = json.loads((folder / "evidence" / "submission.json").read_text())
    assert submission == {"answer": "hello"}
