"""What the kernel says, as it is read: no machine of any kind is needed."""

from __future__ import annotations

import pytest

from harness.sandbox.seccomp import system_calls
from harness.sensors.kernel.census import Resident
from harness.sensors.kernel.netlink import dropped_between, parse_killed
from harness.sensors.kernel.numbers import call_name
from harness.sensors.kernel.setuid import refuses_by_itself

X86_64, AARCH64, I386 = 0xC000003E, 0xC00000B7, 0x40000003
RECORD = (
    "audit(1790000000.123:45): auid=4294967295 uid=1000 gid=1000 ses=4294967295 pid=4711 "
    "{names} sig=31 arch=c000003e syscall=155 compat=0 ip=0x7f code={code}\0"
)
PLAIN = 'comm="tool" exe="/usr/bin/tool"'


def test_a_killed_call_is_read():
    found = parse_killed(RECORD.format(names=PLAIN, code="0x80000000"))
    assert found
    assert (found.time, found.pid, found.arch, found.number) == (1790000000.123, 4711, X86_64, 155)
    assert (found.comm, found.exe) == ("tool", "/usr/bin/tool")


def test_names_in_hex_are_read_and_forge_nothing():
    forged = b'x" pid=1 code=0x0'.hex().upper()
    found = parse_killed(RECORD.format(names=f"comm={forged} exe=2F78", code="0x80000000"))
    assert found
    assert (found.pid, found.comm, found.exe) == (4711, 'x" pid=1 code=0x0', "/x")


@pytest.mark.parametrize("code", ["0x7ffc0000", "0x50001", "nonsense"])
def test_what_was_only_logged_or_makes_no_sense_is_no_kill(code):
    assert parse_killed(RECORD.format(names=PLAIN, code=code)) is None


@pytest.mark.parametrize("text", ["", "audit(1.2:3):", "pid=1 syscall=2 code=0x80000000"])
def test_what_is_no_record_is_left_out(text):
    assert parse_killed(text) is None


def test_every_call_that_the_filter_kills_has_its_name():
    names = {call_name(X86_64, number) for number in range(500)}
    assert set(system_calls("strict").killed) <= names


@pytest.mark.parametrize(
    ("arch", "number", "name"),
    [
        (X86_64, 155, "pivot_root"),
        (AARCH64, 41, "pivot_root"),
        (I386, 217, "pivot_root"),
        (X86_64, 0x40000000 + 155, "pivot_root"),
        (X86_64, 110, ""),
        (I386, 20, ""),
        (0xC00000F3, 41, ""),
    ],
)
def test_calls_that_the_filter_kills_have_names(arch, number, name):
    assert call_name(arch, number) == name


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [(7, 7, 0), (None, None, 0), (7, 9, 2), (7, None, 1), (None, 0, 1), (7, 0, 1)],
)
def test_a_count_of_dropped_records_that_changed_is_a_loss(before, after, count):
    assert dropped_between(before, after) == count


@pytest.mark.parametrize("exe", ["/usr/bin/su", "/bin/mount", "/usr/lib/openssh/ssh-keysign"])
def test_programs_of_the_system_are_known_by_their_place(exe):
    assert refuses_by_itself(exe)


@pytest.mark.parametrize(
    "exe", ["", "/tmp/usr/bin/su", "/usr/local/bin/su", "/usr/bin/sudo (deleted)"]
)
def test_other_programs_are_not(exe):
    assert not refuses_by_itself(exe)


def test_what_a_program_of_the_system_begins_as_root_is_told_once():
    su = Resident("box", rooted=True, programs=0)
    assert not su.begun(1.0)  # su itself
    child = su.child(2.0)
    assert [su.begun(3.0), su.begun(4.0)] == [True, False]
    assert [child.begun(3.0), child.begun(4.0)] == [True, False]


def test_what_it_begins_when_it_is_root_no_more_is_not_told():
    newgrp = Resident("box", rooted=True, programs=0)
    newgrp.begun(1.0)
    newgrp.rooted = False
    assert not newgrp.begun(2.0)


def test_who_is_root_by_right_begins_what_it_likes():
    service = Resident("box", rooted=True)
    assert not service.begun(1.0)
    assert not service.child(2.0).begun(3.0)
