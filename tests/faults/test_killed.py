"""The harness itself ends: by a signal, with its terminal, or not at all while another one does."""

from __future__ import annotations

import json
import os
import pty
import signal

import pytest
from command_line import events, left_on_engine

from harness.sandbox.lease import leased
from harness.store import read_events

pytestmark = [pytest.mark.engine, pytest.mark.alone]
LONG = [("bash", {"command": "echo $((40 + 2)) > /tmp/begun; sleep 15"})]
BEGUN = "/tmp/begun"
SUBMIT = [("submit", {"answer": "flag{of-nobody}"})]


def by_run(rows):
    return {(each["kind"], each["id"]) for each in rows}


def leave_more(engine, run):
    """A volume, a tagged image and a full network of a run's owner; their kinds and ids."""
    mine = [thing for thing in leased(engine) if thing.labels["harness.run"] == run]
    station = next(thing for thing in mine if thing.labels["harness.service"] == "station")
    labels = dict(station.labels)
    volume = engine.api.create_volume(f"{station.name}-data", labels=labels)["Name"]
    image = engine.api.commit(station.id, pause=False, conf={"Labels": labels})["Id"]
    engine.api.tag(image, f"harness/{station.name}", "sample")
    return {("volume", volume), ("image", image)}


def test_of_two_runs_the_dead_ones_things_are_cleaned_and_the_other_ends_well(
    harness, script, engine
):
    options = ("run", "faults/pair", "--agent", script(LONG, SUBMIT), "--json")
    killed = harness.start(*options, "--name", "killed")
    living = harness.start(*options, "--name", "living")
    dead = harness.wait_for_log("killed", BEGUN).name
    alive = harness.wait_for_log("living", BEGUN).name
    extra = leave_more(engine, dead)
    theirs = set(left_on_engine(alive))
    assert len(theirs) >= 3, "two containers and their network"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()

    would = json.loads(harness("clean", "--dry-run", "--json").out)
    mine = by_run(each for each in would["removed"] if each["run"] == dead)
    assert extra < mine
    assert {kind for kind, _ in mine} == {"container", "network", "volume", "image"}
    assert len(mine) == len(left_on_engine(dead)), "a dry run removed something"
    assert not [each for each in would["removed"] if each["run"] == alive]

    done = json.loads(harness("clean", "--json").out)
    assert by_run(each for each in done["removed"] if each["run"] == dead) == mine
    assert done["failed"] == []
    assert left_on_engine(dead) == []
    assert set(left_on_engine(alive)) == theirs

    out, err = living.communicate(timeout=120)
    (sample,) = json.loads(out)["samples"]
    assert (sample["status"], living.returncode) == ("finished", 0), err
    assert left_on_engine(alive) == []
    assert list(read_events(next(harness.run_folder("killed").glob("samples/**/events.jsonl"))))


def test_a_run_removes_at_its_start_what_dead_ones_left_and_says_so_in_one_line(harness, script):
    killed = harness.start("run", "faults/plain", "--agent", script(LONG), "--name", "killed")
    dead = harness.wait_for_log("killed", BEGUN).name
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert left_on_engine(dead)
    ran = harness("run", "faults/plain", "--agent", "oracle")
    assert left_on_engine(dead) == []
    assert len([line for line in ran.err.splitlines() if "dead harness processes" in line]) == 1
    again = harness("run", "faults/plain", "--agent", "oracle")
    assert "dead harness processes" not in again.err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_cancels_cleanly_and_leaves_nothing(harness, script, how):
    short = [("bash", {"command": "echo $((40 + 2)) > /tmp/begun; sleep 3"})]
    process = harness.start(
        "run", "faults/plain", "--agent", script(short, SUBMIT), "--name", "ended"
    )
    folder = harness.wait_for_log("ended", BEGUN)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    require_cancelled(folder)


def require_cancelled(folder):
    (result,) = folder.glob("samples/**/result.json")
    said = json.loads(result.read_text())
    assert (said["status"], said["grade"]) == ("cancelled", None)
    assert events(folder)[-1].kind == "attempt_finished"
    assert left_on_engine(folder.name) == []


def test_a_terminal_that_closes_cancels_cleanly_and_leaves_nothing(harness, script):
    """The terminal is gone, so that writing to it fails too."""
    short = [("bash", {"command": "echo $((40 + 2)) > /tmp/begun; sleep 3"})]
    ours, theirs = pty.openpty()
    process = harness.start_on_terminal(
        theirs, "run", "faults/plain", "--agent", script(short, SUBMIT), "--name", "gone"
    )
    os.close(theirs)
    folder = harness.wait_for_log("gone", BEGUN)
    os.close(ours)
    assert process.wait(timeout=60) == 130
    require_cancelled(folder)
