"""What runs in a container, as the engine and this machine tell it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.protocols import Sandbox


@pytest.fixture
def sandbox(docker_sandboxes: Any, order: Any) -> Iterator[Sandbox]:
    station = {"image": "harness/base", "user": "nobody"}
    other = {"image": "harness/base", "command": ["sleep", "301"]}
    brief = {"image": "harness/base", "command": ["true"]}
    services = {"workstation": station, "other": other, "brief": brief}
    with docker_sandboxes.open(order(services)) as opened:
        yield opened


def commands(sandbox: Sandbox, service: str) -> dict[str, Any]:
    rows = [dict(row) for row in sandbox.processes() if row["service"] == service]
    for row in rows:
        row.pop("state")
    return {row["command"]: row for row in rows}


def test_the_engine_tells_what_runs_also_of_the_frozen(sandbox: Sandbox) -> None:
    with sandbox.open_shell() as shell:
        shell.run("sleep 302 & tail -f '/dev/null' '/dev/zero x' &", 15)
        before = commands(sandbox, "workstation")
        sandbox.freeze()
        assert commands(sandbox, "workstation") == before
    assert before["sleep 302"]["uid"] == 65534
    assert before["tail -f /dev/null /dev/zero x"]["parent"] == before["sleep 302"]["parent"]
    assert [name for name, row in before.items() if row["first"]] == [
        next(name for name in before if "docker-init" in name)
    ]
    assert "sleep 301" in commands(sandbox, "other")


def test_this_machine_sees_the_main_processes(sandbox: Sandbox) -> None:
    pids = sandbox.host_pids()
    assert set(pids) == {"workstation", "other"}
    assert all(Path(f"/proc/{pid}").exists() for pid in pids.values())


def test_a_service_that_has_ended_runs_nothing(sandbox: Sandbox) -> None:
    deadline = time.monotonic() + 20
    while commands(sandbox, "brief") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not commands(sandbox, "brief")
    assert "brief" not in sandbox.host_pids()
