"""What the kernel says, as it is read: no machine of any kind is needed."""

from __future__ import annotations

import pytest

from harness.sandbox.seccomp import system_calls
from harness.sensors.kernel.netlink import parse_killed
from harness.sensors.kernel.numbers import call_name

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
        (X86_64, 9999, "call 9999"),
        (X86_64, 0x40000000 + 20, "x32 call 20"),
        (I386, 20, "call 20 of architecture 0x40000003"),
    ],
)
def test_calls_have_names(arch, number, name):
    assert call_name(arch, number) == name
