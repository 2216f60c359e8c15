"""A run that cannot finish is refused before it starts; what may do is told."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from harness.errors import SandboxError
from harness.sandbox.network import open_network
from harness.sandbox.preflight import (
    Demand,
    check_disk,
    check_inodes,
    check_memory,
    check_open_files,
    check_routes,
    check_subnets,
    demand,
    look_at_engine,
    look_here,
    parse_routes,
    require_room,
)
from harness.schema.environment import Environment

RANGE = ipaddress.IPv4Network("198.18.0.0/24")
ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t00000080\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0
br-12ab\t000012C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""


def networks(*texts: str) -> list[ipaddress.IPv4Network]:
    return [ipaddress.IPv4Network(text) for text in texts]


def environment(memory: str, services: int) -> Environment:
    names = ["station", *(f"s{number}" for number in range(1, services))]
    listed = {name: {"image": "x", "user": "agent", "memory": memory} for name in names}
    return Environment.model_validate(
        {"schema": 1, "title": "t", "agent_service": "station", "services": listed}
    )


def test_a_run_asks_for_the_largest_of_its_environments() -> None:
    wanted = demand([environment("1g", 1), environment("300m", 2), environment("100m", 4)], 3)
    assert wanted == Demand(jobs=3, memory_bytes=1024**3, segments=1)
    assert demand([environment("1g", 1)], 3).segments == 0


@pytest.mark.parametrize(("free", "state"), [(3e9, "ok"), (2e9, "ok"), (1.9e9, "bad")])
def test_a_disk_below_the_floor_is_refused(free: float, state: str) -> None:
    found = check_disk("disk", free, 2e9, "/somewhere")
    assert found.state == state
    assert "/somewhere" in found.value
    assert bool(found.remedy) == (state == "bad")


@pytest.mark.parametrize(
    ("free", "total", "state"), [(20_000, 1, "ok"), (11_999, 1, "bad"), (0, 0, "ok")]
)
def test_too_few_inodes_are_refused(free: int, total: int, state: str) -> None:
    assert check_inodes("inodes", free, total, 2, "/x").state == state


@pytest.mark.parametrize(("jobs", "state"), [(4, "ok"), (8, "ok"), (9, "note")])
def test_memory_limits_beyond_twice_the_memory_are_told(jobs: int, state: str) -> None:
    found = check_memory(Demand(jobs, memory_bytes=1024**3), 4 * 1024**3)
    assert found.state == state
    assert bool(found.remedy) == (state == "note")


@pytest.mark.parametrize(
    ("limit", "jobs", "state"), [(1024, 4, "ok"), (256, 12, "ok"), (256, 13, "bad"), (-1, 99, "ok")]
)
def test_too_few_open_files_are_refused_with_the_number_that_would_do(
    limit: int, jobs: int, state: str
) -> None:
    found = check_open_files(limit, jobs)
    assert found.state == state
    assert state == "ok" or "ulimit -n 272" in found.remedy


@pytest.mark.parametrize(
    ("used", "free"),
    [
        ([], 16),
        (["10.0.0.0/8"], 16),
        (["198.18.0.0/28"], 15),
        (["198.18.0.16/28", "198.18.0.20/30"], 15),
        (["198.18.0.128/25"], 8),
        (["198.0.0.0/8"], 0),
    ],
)
def test_subnets_of_other_networks_do_not_count_as_free(used: list[str], free: int) -> None:
    for need, state in ((free, "ok"), (free + 1, "bad")):
        found = check_subnets(RANGE, networks(*used), Demand(jobs=need, segments=1))
        assert found.state == state
        assert f"{free} subnets free" in found.value


def test_every_segment_of_every_sample_needs_a_subnet() -> None:
    assert check_subnets(RANGE, [], Demand(jobs=8, segments=2)).state == "ok"
    assert check_subnets(RANGE, [], Demand(jobs=6, segments=3)).state == "bad"


def test_routes_are_read_as_the_kernel_writes_them() -> None:
    assert list(parse_routes(ROUTES)) == [
        ("eth0", ipaddress.IPv4Network("0.0.0.0/0")),
        ("tun0", ipaddress.IPv4Network("128.0.0.0/1")),
        ("br-12ab", ipaddress.IPv4Network("198.18.0.0/24")),
        ("eth0", ipaddress.IPv4Network("192.0.2.0/24")),
    ]


def test_default_routes_and_the_engines_own_bridges_are_no_collision() -> None:
    assert check_routes(RANGE, parse_routes(ROUTES)).state == "ok"


@pytest.mark.parametrize("route", ["198.18.0.64/26", "198.18.0.0/15", "198.0.0.0/8"])
def test_a_range_that_the_host_reaches_otherwise_is_refused_with_the_remedy(route: str) -> None:
    (network,) = networks(route)
    found = check_routes(RANGE, [("tun0", network)])
    assert found.state == "bad"
    assert f"{route}, which this machine reaches by tun0" in found.value
    assert "HARNESS_SUBNETS" in found.remedy


def test_this_machine_has_room_for_the_tests(engine: Any, tmp_path: Any) -> None:
    wanted = Demand(jobs=2, memory_bytes=512 * 1024**2, segments=1)
    found = [*look_here(tmp_path / "not" / "yet", wanted), *look_at_engine(engine, wanted)]
    names = {each.what for each in found}
    assert {"disk for runs", "inodes for runs", "open files", "memory", "subnets"} <= names
    assert [each for each in found if each.state == "bad"] == []
    assert not (tmp_path / "not").exists()


def test_what_is_not_enough_on_this_machine_is_an_error_in_one_line(
    engine: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_SUBNETS", "198.18.7.0/28")
    with pytest.raises(SandboxError, match=r"^subnets: . subnets free in .*; run `harness clean`"):
        require_room(engine, tmp_path, Demand(jobs=2, segments=1))
    (note,) = require_room(engine, tmp_path, Demand(jobs=1, memory_bytes=10**15))
    assert note.what == "memory"


def test_networks_on_the_engine_are_counted(
    engine: Any, run_label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_SUBNETS", "198.19.255.0/28")
    wanted = Demand(jobs=1, segments=1)
    with open_network(engine, f"harness-{run_label}-full", {}):
        states = {each.what: each.state for each in look_at_engine(engine, wanted)}
    assert states["subnets"] == "bad"
    states = {each.what: each.state for each in look_at_engine(engine, wanted)}
    assert states["subnets"] == "ok"
