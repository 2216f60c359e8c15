"""Machines that end, stand still or run out under a sample: told apart from what the agent did."""

from __future__ import annotations

import json
import subprocess

import pytest
from command_line import events, left_on_engine

pytestmark = pytest.mark.engine
FIRST = [("bash", {"command": "echo this was seen"})]
WAIT = [("bash", {"command": "echo $((40 + 2)) > /tmp/begun; sleep 30"})]
SUBMIT = [("submit", {"answer": "flag{of-nobody}"})]


def container(run, service):
    chosen = [f"label=harness.run={run}", f"label=harness.service={service}"]
    listed = ["docker", "ps", "--quiet", *(f"--filter={each}" for each in chosen)]
    (found,) = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    return found


def outputs(log):
    return [event.content for event in log if event.kind == "tool_result"]


def run_one(harness, task, agent, *more):
    """Run a task's only sample; its report's line, its log and the exit code."""
    ran = harness("run", task, "--agent", agent, "--name", "one", "--json", *more)
    folder = harness.run_folder("one")
    assert left_on_engine(folder.name) == []
    return ran.sample(task), events(folder), ran.code


@pytest.mark.parametrize(
    "how",
    [("kill",), ("stop", "--time=0"), ("rm", "--force"), ("pause",)],
    ids=lambda how: how[0],
)
def test_what_someone_else_does_to_a_machine_is_a_sandbox_error(harness, script, how):
    options = ("--agent", script(FIRST, WAIT, SUBMIT), "--limit-command", "4s", "--json")
    process = harness.start("run", "faults/plain", *options, "--name", "hurt")
    folder = harness.wait_for_log("hurt", "/tmp/begun")
    subprocess.run(["docker", *how, container(folder.name, "station")], check=True)
    out, _ = process.communicate(timeout=120)
    (sample,) = json.loads(out)["samples"]
    assert (sample["status"], sample["score"], process.returncode) == ("sandbox_error", None, 3)
    assert outputs(events(folder)) == ["this was seen"]
    assert left_on_engine(folder.name) == []


def test_what_eats_the_memory_of_the_agents_machine_dies_of_it_and_the_sample_goes_on(
    harness, script
):
    eat = [("bash", {"command": "python3 -c 'x = bytearray(2**30)'; echo code $?"})]
    sample, log, code = run_one(harness, "faults/plain", script(eat, FIRST, SUBMIT))
    assert (sample["status"], sample["score"], code) == ("finished", 0.0, 0)
    assert "code 137" in outputs(log)[0]
    assert outputs(log)[1] == "this was seen"


@pytest.mark.parametrize(
    ("task", "why"),
    [("faults/out-of-memory", "ran out of memory"), ("faults/exits", "exit code 9")],
)
def test_a_service_that_ends_before_its_evidence_is_collected_is_a_sandbox_error(
    harness, script, task, why
):
    wait = [("bash", {"command": "sleep 4; echo this was seen"})]
    sample, log, code = run_one(harness, task, script(wait, SUBMIT))
    assert (sample["status"], sample["score"], code) == ("sandbox_error", None, 3)
    assert why in sample["error"]
    assert outputs(log) == ["this was seen"]


@pytest.mark.parametrize(
    "flood",
    [
        ("bash", {"command": "yes | head -c 10G"}),
        ("python", {"code": "import sys\nfor _ in range(10 * 2**14): sys.stdout.write('y\\n' * 2**15)"}),
        ("process", {"action": "start", "command": "yes | head -c 10G", "until": "never", "timeout_seconds": 60}),
    ],
    ids=lambda call: call[0],
)  # fmt: skip
def test_ten_gigabytes_of_output_are_cut_and_the_sample_goes_on(harness, script, flood):
    limits = ("--limit-command", "4s")
    sample, log, code = run_one(harness, "faults/plain", script([flood], FIRST, SUBMIT), *limits)
    assert (sample["status"], sample["score"], code) == ("finished", 0.0, 0)
    assert "y\n" in outputs(log)[0]
    assert len(outputs(log)[0]) < 40_000
    assert outputs(log)[1] == "this was seen"
    kept = [each.stat().st_size for each in harness.runs.rglob("*") if each.is_file()]
    assert sum(kept) < 20e6


def test_a_fork_bomb_is_bounded_and_the_sample_goes_on(harness, script):
    bomb = [("bash", {"command": ":(){ :|:& };:"})]
    clear = [("bash", {"command": "", "restart": True})]
    sample, log, code = run_one(harness, "faults/plain", script(bomb, clear, FIRST, SUBMIT))
    assert (sample["status"], sample["score"], code) == ("finished", 0.0, 0)
    assert len(outputs(log)) == 3


def test_an_agent_that_fills_the_disk_meets_the_limit_of_a_file_and_many_files_do_no_harm(
    harness, script
):
    large = [("bash", {"command": "fallocate -l 1100M /tmp/large; echo code $?"})]
    many = "import os\nfor n in range(20000): os.close(os.open(f'/tmp/{n}', os.O_CREAT))\nprint(n)"
    sample, log, code = run_one(
        harness, "faults/plain", script(large, [("python", {"code": many})], FIRST, SUBMIT)
    )
    assert (sample["status"], sample["score"], code) == ("finished", 0.0, 0)
    assert "code 0" not in outputs(log)[0]
    assert outputs(log)[1:] == ["19999", "this was seen"]
