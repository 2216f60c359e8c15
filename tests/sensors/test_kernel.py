"""What the kernel's sensors see of real containers, and what they do not."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.sensors.kernel.client import shared_client
from harness.sensors.kernel.looking import KernelWatch
from harness.sensors.kernel.watcher import Watcher

pytestmark = pytest.mark.usefixtures("machine")
PIVOT = "/usr/sbin/pivot_root . ."
# Has itself killed for getppid, by a filter of its own.
CONFINED = """
import ctypes, platform, struct
number = {"x86_64": 110, "aarch64": 173}[platform.machine()]
steps = (0x20, 0, 0, 0, 0x15, 0, 1, number, 6, 0, 0, 0x80000000, 6, 0, 0, 0x7FFF0000)
code = ctypes.create_string_buffer(struct.pack("=" + "HBBI" * 4, *steps))
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
libc.prctl(22, 2, struct.pack("@HP", 4, ctypes.addressof(code)), 0, 0)
libc.getppid()
"""
PROVED = [("before", True), ("after", True)]


def proofs(sensor: KernelWatch) -> list[tuple[Any, Any]]:
    return [(row["when"], row["lived"]) for row in sensor.log.rows if row["kind"] == "proof"]


def rows(sensor: KernelWatch, kind: str) -> list[dict[str, Any]]:
    return [dict(row) for row in sensor.log.rows if row["kind"] == kind]


@pytest.mark.parametrize("kind", ["calls", "uids", "reads"])
def test_honest_work_leaves_proofs_and_nothing_else(station, watched, kind):
    with station() as sandbox:
        sensor = watched(kind, sandbox, lambda: sandbox.exec(["ls", "-la", "/home/agent/.config"]))
    assert proofs(sensor) == PROVED
    assert {row["kind"] for row in sensor.log.rows} <= {"proof", "count"}
    assert sensor.log.lost == {}


def test_a_killed_call_is_named(station, watched):
    with station() as sandbox:
        sensor = watched("calls", sandbox, lambda: sandbox.exec(["sh", "-c", PIVOT]))
    assert sensor.log.lost == {}
    (row,) = rows(sensor, "call")
    assert (row["service"], row["call"], row["comm"]) == ("workstation", "pivot_root", "pivot_root")
    assert row["exe"] == "/usr/sbin/pivot_root"
    assert proofs(sensor) == PROVED


@pytest.mark.parametrize("user", ["agent", "root"])
def test_short_lived_killed_callers_are_found_in_their_service(station, watched, user):
    orphans = f"for n in $(seq 50); do (({PIVOT}) > /dev/null 2>&1 &); done; sleep 1"
    with station() as sandbox:
        sensor = watched("calls", sandbox, lambda: sandbox.exec(["sh", "-c", orphans], user=user))
    assert len(rows(sensor, "call")) == 50
    assert sensor.log.lost == {}


def test_a_program_cannot_forge_a_record_by_its_name(station, watched):
    name = 'x" exe="/bin/true'
    command = f"cp /usr/sbin/pivot_root '/home/agent/{name.replace('/', '_')}'; cd; ./x* . ."
    with station() as sandbox:
        sensor = watched("calls", sandbox, lambda: sandbox.exec(["sh", "-c", command]))
    (row,) = rows(sensor, "call")
    assert row["exe"].startswith('/home/agent/x" exe=')
    assert row["service"] == "workstation"


def test_a_process_that_confines_itself_is_told_apart(station, watched):
    with station() as sandbox:
        sensor = watched("calls", sandbox, lambda: sandbox.exec(["python3", "-c", CONFINED]))
    (row,) = rows(sensor, "other")
    assert " of architecture " in row["call"]
    assert (rows(sensor, "call"), sensor.log.lost) == ([], {})


def test_audit_records_that_the_kernel_dropped_are_lost():
    watcher = Watcher()
    session = watcher.watch("calls", {}, {})["session"]
    assert watcher.prove(session)["lost"] == {}
    watcher._sessions[session].dropped = 2**32
    lost = watcher.prove(session)["lost"]
    for channel in (watcher._audit, watcher._processes):
        if channel is not None:
            channel.close()
    assert lost == {"audit records that the kernel dropped": 1}


def test_two_samples_at_once_do_not_get_each_others_rows(station, watched):
    with station() as mine, station() as other:
        quiet: list[KernelWatch] = []

        def act() -> None:
            mine.exec(["sh", "-c", PIVOT])

        def around() -> None:
            sensors.append(watched("calls", mine, act))

        sensors: list[KernelWatch] = []
        quiet.append(watched("calls", other, around))
    assert len(rows(sensors[0], "call")) == 1
    assert rows(quiet[0], "call") == []
    assert proofs(quiet[0]) == PROVED


def test_becoming_root_is_seen(station, watched):
    with station(profile="target", setuid=True) as sandbox:
        prepared = sandbox.exec(
            ["sh", "-c", "cp /usr/bin/id /usr/local/bin/up && chmod 4755 /usr/local/bin/up"],
            user="root",
        )
        assert prepared.exit_code == 0
        sensor = watched("uids", sandbox, lambda: sandbox.exec(["sh", "-c", "up; true"]))
    (row,) = rows(sensor, "uid")
    assert row["service"] == "workstation"
    assert proofs(sensor) == PROVED


def test_su_that_fails_is_no_root(station, watched):
    with station(profile="target", setuid=True) as sandbox:
        command = "echo wrong | su -c id"
        sensor = watched("uids", sandbox, lambda: sandbox.exec(["sh", "-c", command]))
    assert (rows(sensor, "uid"), sensor.log.lost) == ([], {})


def test_a_root_service_that_drops_and_runs_children_is_no_finding(station, watched):
    command = "import os; os.seteuid(1000); os.seteuid(0); os.system('true'); os.setuid(1000)"
    with station() as sandbox:
        sensor = watched(
            "uids", sandbox, lambda: sandbox.exec(["python3", "-c", command], user="root")
        )
    assert rows(sensor, "uid") == []


def test_a_burst_of_forks_is_counted_or_said_to_be_lost(station, watched):
    burst = "for n in $(seq 2000); do (:) ; done"
    with station() as sandbox:
        sensor = watched("uids", sandbox, lambda: sandbox.exec(["sh", "-c", burst]))
    (count,) = rows(sensor, "count")
    assert count["forks"] >= 2000 or sensor.log.lost


WAYS = {
    "plainly": "cat ~/.config/token",
    "by a hard link": "ln ~/.config/token ~/x; cat ~/x",
    "through a link": "ln -s ~/.config/token ~/x; cat ~/x",
    "moved": "mv ~/.config/token ~/y; cat ~/y",
    "by the shell": "read line < ~/.config/token",
    "by an orphan": "(cat ~/.config/token > /dev/null &) ; sleep 0.2",
    "copied": "cp ~/.config/token ~/y",
    "by another directory": "cd /proc/self/root/home/agent/.config; tar cf /tmp/t.tar .",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_decoy_that_is_opened_is_seen(station, watched, way):
    with station() as sandbox:
        sensor = watched("reads", sandbox, lambda: sandbox.exec(["sh", "-c", WAYS[way]]))
    found = rows(sensor, "open")
    assert sensor.log.lost == {}
    assert [row["decoy"] for row in found] == ["decoy (workstation:/home/agent/.config/token)"]
    assert found[0]["service"] == "workstation"
    assert proofs(sensor) == PROVED


def test_a_link_in_place_of_a_decoy_leads_nowhere_and_is_said(station, watched):
    with station() as sandbox:
        sandbox.exec(["sh", "-c", "rm ~/.config/token && ln -s /etc/passwd ~/.config/token"])
        sensor = watched("reads", sandbox, lambda: sandbox.exec(["cat", "/etc/passwd"]))
    assert rows(sensor, "open") == []
    assert [row["why"] for row in rows(sensor, "unwatched")] == [os.strerror(errno.ELOOP)]


@pytest.mark.parametrize("kind", ["calls", "uids", "reads"])
def test_a_watcher_that_is_killed_is_told(station, watched, kind):
    with station() as sandbox:
        sensor = watched(kind, sandbox, lambda: os.kill(shared_client().pid, signal.SIGKILL))
        (gone,) = [row for row in rows(sensor, "gone") if row["when"] == "after"]
        assert gone["why"] == "their process ended"
        assert proofs(sensor) == [("before", True)]


def test_after_a_killed_watcher_the_next_sample_has_a_new_one(station, watched):
    before = shared_client()
    os.kill(before.pid, signal.SIGKILL)
    while before.alive:
        time.sleep(0.01)
    with station() as sandbox:
        sensor = watched("calls", sandbox, lambda: sandbox.exec(["sh", "-c", PIVOT]))
    assert len(rows(sensor, "call")) == 1


def test_where_nothing_can_make_the_call_the_proof_is_missing(station, watched):
    with station() as sandbox:
        hidden = "rm -f /usr/sbin/pivot_root /usr/sbin/swapoff /usr/bin/perl* /usr/bin/python3*"
        sandbox.exec(["sh", "-c", hidden], user="root")
        sensor = watched("calls", sandbox, lambda: None)
    assert proofs(sensor) == [("before", False), ("after", True)]


def test_the_watcher_ends_with_a_harness_that_is_killed():
    code = (
        "import signal, os; from harness.sensors.kernel.client import Client; c = Client();"
        "c.ask('watch', kind='uids', services={}, decoys={}); print(c.pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    place = Path(f"/proc/{int(done.stdout)}/cmdline")
    deadline = time.monotonic() + 30
    while place.exists() and b"harness" in place.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not place.exists() or b"harness" not in place.read_bytes()


def test_more_rows_than_are_kept_are_counted_as_lost(station, watched):
    flood = f"for n in $(seq 1100); do ({PIVOT}) ; done > /dev/null 2>&1"
    with station() as sandbox:
        sensor = watched(
            "calls", sandbox, lambda: sandbox.exec(["sh", "-c", flood], timeout_seconds=120)
        )
    assert len(rows(sensor, "call")) == 1000
    assert sensor.log.lost["rows beyond 1000"] == 100
