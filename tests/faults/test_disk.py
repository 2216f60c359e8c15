"""A full disk under the runs: what was written stays whole, and the run goes on when there is room."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from command_line import left_on_engine

from harness.store import read_events

pytestmark = pytest.mark.engine
WAIT = [("bash", {"command": "echo this was seen; echo $((40 + 2)) > /tmp/begun; sleep 2"})]
FLOOD = [("bash", {"command": "seq 1 2000000"})]
SUBMIT = [("submit", {"answer": "flag{of-nobody}"})]


@pytest.fixture
def small_disk(harness):
    """The folder of runs as a disk of its own; call it to leave it so many bytes."""
    harness.runs.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4G,nr_inodes=200k", "tmpfs", str(harness.runs)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk cannot be mounted here")

    def leave(free_bytes):
        stat = os.statvfs(harness.runs)
        used = (stat.f_blocks - stat.f_bfree) * stat.f_frsize
        size = f"remount,size={used + free_bytes}"
        subprocess.run(["mount", "-o", size, str(harness.runs)], check=True)

    yield leave
    subprocess.run(["umount", "--lazy", str(harness.runs)], check=True)


@pytest.mark.parametrize(
    ("turn", "free"),
    [(WAIT, 0), (FLOOD, 1_000_000)],
    ids=["transcript", "outputs"],
)
def test_a_run_whose_disk_is_full_stops_and_resumes_when_there_is_room(
    harness, small_disk, script, turn, free
):
    options = ("--agent", script(WAIT, turn, SUBMIT), "--name", "full")
    process = harness.start("run", "faults/plain", *options)
    folder = harness.wait_for_log("full", "/tmp/begun")
    small_disk(free)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "no space left on device); free disk space" in err.lower(), err
    assert "Traceback" not in err
    assert left_on_engine(folder.name) == []
    (log,) = folder.glob("samples/**/attempt-1/events.jsonl")
    assert "tool_call" in [line.event.kind for line in read_events(log)]
    assert not list(folder.glob("samples/**/result.json")), "a full disk gave a result"

    small_disk(2_000_000_000)
    ran = harness("run", "--resume", str(folder), "--json")
    sample = ran.sample("faults/plain")
    assert (sample["status"], sample["attempt"], ran.code) == ("finished", 2, 0), ran.err
    assert "this was seen" in "".join(map(str, json_lines(folder, 2)))
    assert json_lines(folder, 1)[-1]["kind"] == "interrupted"


def json_lines(folder, attempt):
    (log,) = folder.glob(f"samples/**/attempt-{attempt}/events.jsonl")
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_evidence_that_finds_no_room_is_trouble_of_the_disk(harness, small_disk, script):
    options = ("--agent", script(WAIT, SUBMIT), "--name", "full")
    process = harness.start("run", "faults/heavy", *options)
    folder = harness.wait_for_log("full", "/tmp/begun")
    small_disk(1_000_000)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "no space left on device); free disk space" in err.lower(), err
    assert "Traceback" not in err
    assert left_on_engine(folder.name) == []


def test_a_disk_that_is_nearly_full_is_refused_before_anything_starts(harness, small_disk):
    small_disk(100_000_000)
    ran = harness("run", "faults/plain", "--agent", "oracle")
    assert ran.code == 3
    assert "harness: disk for runs: 0.1 GB free at" in ran.err
    assert ran.err.count("\n") == 1
    assert list(harness.runs.iterdir()) == []
