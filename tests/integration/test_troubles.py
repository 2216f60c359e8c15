"""Trouble is a status with its blame, never a score."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from engine_proxy import EngineProxy

pytestmark = pytest.mark.engine


def run_one(harness, task, *more):
    ran = harness("run", task, "--agent", "oracle", "--json", *more)
    return ran, ran.sample(task)


def failure_in_log(harness, sample):
    (folder,) = harness.runs.iterdir()
    lines = (folder / sample["path"] / "events.jsonl").read_text().splitlines()
    (found,) = [each for each in map(json.loads, lines) if each["kind"] == "failure"]
    return found


def test_a_crashing_grader_gives_no_score_and_its_traceback_is_in_the_log(harness):
    ran, sample = run_one(harness, "trouble/grader-crashes")
    assert (sample["status"], sample["score"], ran.code) == ("grader_error", None, 3)
    assert "nothing_of_the_sort" in failure_in_log(harness, sample)["detail"]


def test_a_hanging_grader_gives_no_score(harness):
    ran, sample = run_one(harness, "trouble/grader-hangs")
    assert (sample["status"], sample["score"], ran.code) == ("grader_error", None, 3)
    assert "did not end within 2 s" in sample["error"]


def test_a_service_that_is_never_ready_shows_its_log(harness):
    ran, sample = run_one(harness, "trouble/never-ready")
    assert (sample["status"], sample["score"], ran.code) == ("sandbox_error", None, 3)
    assert "not ready within 1 s" in sample["error"]
    assert "still asleep" in failure_in_log(harness, sample)["detail"]


def test_a_failing_setup_script_shows_its_last_lines(harness):
    ran, sample = run_one(harness, "trouble/setup-fails")
    assert (sample["status"], ran.code) == ("sandbox_error", 3)
    assert "upside down" in failure_in_log(harness, sample)["detail"]


def test_an_agent_that_kills_everything_it_may_does_not_end_its_sandbox(harness):
    ran, sample = run_one(harness, "trouble/kills-all")
    assert ran.code == 0
    assert (sample["status"], sample["passed"]) == ("finished", True)


def test_a_container_killed_by_someone_else_is_a_sandbox_error(harness):
    process = harness.start("run", "trouble/slow", "--agent", "oracle", "--json")
    subprocess.run(["docker", "kill", wait_for_container("trouble-slow")], check=True)
    out, _ = process.communicate(timeout=60)
    (sample,) = json.loads(out)["samples"]
    assert (sample["status"], sample["score"], process.returncode) == ("sandbox_error", None, 3)


def wait_for_container(name):
    for _ in range(100):
        listed = ["docker", "ps", "--quiet", "--filter", f"name=harness-{name}"]
        found = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
        if found:
            time.sleep(1.5)
            return found[0]
        time.sleep(0.1)
    pytest.fail(f"no container of {name} appeared")


def test_a_limit_is_a_status_and_what_stands_then_is_graded(harness, write_script):
    script = write_script(*[[("bash", {"command": "true"})]] * 5)
    ran = harness(
        "run", "trouble/plain", "--agent", f"scripted:{script}", "--limit-steps", "2", "--json"
    )
    sample = ran.sample("trouble/plain")
    assert ran.code == 0
    assert (sample["status"], sample["limit"], sample["score"]) == ("limit", "steps", 0.0)
    assert sample["steps"] == 2


def test_the_wall_limit_ends_a_command_that_would_go_on(harness, write_script):
    script = write_script([("bash", {"command": "sleep 60"})], [("bash", {"command": "true"})])
    ran = harness(
        "run", "trouble/plain", "--agent", f"scripted:{script}", "--limit-wall", "2s", "--json"
    )
    assert ran.sample("trouble/plain")["limit"] == "wall"


def test_wrong_tool_calls_are_told_to_the_agent_and_the_sample_goes_on(harness, write_script):
    script = write_script(
        [("no-such-tool", {}), ("bash", {"cmd": "ls"}), ("edit", {"command": "fly", "path": "/x"})],
        [("bash", {"command": "cat /home/agent/flag.txt"})],
        [("submit", {"answer": "{{last_output}}"})],
    )
    ran = harness("run", "trouble/plain", "--agent", f"scripted:{script}", "--json")
    sample = ran.sample("trouble/plain")
    assert sample["passed"] is True
    (folder,) = harness.runs.iterdir()
    log = (folder / sample["path"] / "events.jsonl").read_text()
    assert "There is no tool 'no-such-tool'" in log
    assert "Wrong arguments for bash" in log


def test_no_engine_is_one_line_and_exit_3(harness):
    ran = harness("run", "trouble/plain", "--agent", "oracle", DOCKER_HOST="unix:///nowhere.sock")
    assert ran.code == 3
    assert ran.err.count("\n") == 1
    assert "the engine does not answer" in ran.err


def test_a_person_can_be_the_agent(harness):
    typed = "cat /home/agent/flag.txt\n:left\n:submit flag{00}\n"
    ran = harness("shell", "trouble/plain", stdin=typed)
    assert ran.code == 0, ran.err
    assert "flag{" in ran.err
    assert "0 of 1 scored samples passed" in ran.out


def test_a_missing_image_is_one_line_before_anything_starts(harness):
    ran = harness("run", "trouble/no-image", "--agent", "oracle")
    assert ran.code == 3
    assert "the engine does not have it and cannot pull it" in ran.err
    assert not harness.runs.exists()


def test_an_engine_that_goes_away_in_mid_run_stops_the_run_and_it_resumes(harness, tmp_path):
    with EngineProxy(tmp_path / "engine.sock") as proxy:
        process = harness.start(
            "run",
            "trouble/slow",
            "--agent",
            "oracle",
            "--epochs",
            "6",
            "--jobs",
            "2",
            "--json",
            DOCKER_HOST=f"unix://{proxy.path}",
        )
        wait_for_container("trouble-slow")
    out, err = process.communicate(timeout=120)
    report = json.loads(out)
    assert process.returncode == 3
    assert report["totals"]["scored"] == 0
    assert report["totals"]["statuses"]["sandbox_error"] >= 1
    assert report["totals"]["not_run"] >= 2, "what cannot run is not tried"
    assert "the engine does not answer" in err
    harness("clean")
    resumed = harness("run", "--resume", report["run"]["path"], "--json")
    assert resumed.report["totals"]["passed"] == 6
