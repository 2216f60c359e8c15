"""A clock that jumps by hours ends nothing early and gives nobody's machines away."""

from __future__ import annotations

import dataclasses
import json
import sys

import pytest
from command_line import events, left_on_engine

pytestmark = [pytest.mark.engine, pytest.mark.alone]
# Wall time as one process sees it: it leaps by HOURS, AFTER some seconds.
JUMPING = """
import os, time
real, begun, leap = time.time, time.monotonic(), 3600 * float(os.environ["HOURS"])
time.time = lambda: real() + (leap if time.monotonic() - begun > float(os.environ["AFTER"]) else 0)
from harness.cli import main
main()
"""
WORK = [("bash", {"command": "echo $((40 + 2)) > /tmp/begun; sleep 6; echo this was seen"})]
MORE = [
    ("process", {"action": "start", "command": "sleep 1; echo so was this", "until": "was this"})
]
SUBMIT = [("submit", {"answer": "flag{of-nobody}"})]


@pytest.fixture
def jumping(harness):
    """The command line in a process whose clock jumps."""
    return dataclasses.replace(harness, program=(sys.executable, "-c", JUMPING))


@pytest.mark.parametrize("hours", ["9", "-9"])
def test_a_clock_that_jumps_in_mid_run_ends_nothing_and_gives_nothing_away(
    harness, jumping, script, hours
):
    agent = script(WORK, MORE, SUBMIT)
    options = ("--agent", agent, "--limit-wall", "60s", "--name", "jump", "--json")
    process = jumping.start("run", "faults/plain", *options, HOURS=hours, AFTER="2")
    folder = harness.wait_for_log("jump", "/tmp/begun")
    mine = left_on_engine(folder.name)
    assert mine
    # A neighbour whose clock has leapt already sees nothing of the dead either.
    clean = jumping("clean", "--dry-run", "--json", HOURS=hours, AFTER="0")
    assert not {each["id"] for each in json.loads(clean.out)["removed"]} & set(mine)
    out, err = process.communicate(timeout=120)
    (sample,) = json.loads(out)["samples"]
    assert (sample["status"], process.returncode) == ("finished", 0), err
    assert 6 < sample["seconds"] < 60, "durations follow the wall clock"
    seen = [event.content for event in events(folder) if event.kind == "tool_result"]
    assert seen[0] == "this was seen"
    assert "so was this" in seen[1]
    assert left_on_engine(folder.name) == []
