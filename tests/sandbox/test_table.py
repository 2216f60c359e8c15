"""What runs in a container, as the engine and this machine tell it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.protocols import Sandbox


@pytest.fixture
def sandbox(docker_sandboxes: Any, order: Any) -> Iterator[Sandbox]:
    station = {"image": "harness/base", "user": "nobody"}
    other = {"image": "harness/base", "command": ["sleep", "301"]}
    with docker_sandboxes.open(order({"workstation": station, "other": other})) as opened:
        yield opened


def commands(sandbox: Sandbox, service: str) -> dict[str, Any]:
    return {row["command"]: row for row in sandbox.processes() if row["service"] == service}


def test_the_engine_tells_what_runs_also_of_the_frozen(sandbox: Sandbox) -> None:
    with sandbox.open_shell() as shell:
        shell.run("sleep 302 & tail -f '/dev/null' '/dev/zero x' &", 15)
        before = commands(sandbox, "workstation")
        sandbox.freeze()
        assert commands(sandbox, "workstation") == before
    assert before["sleep 302"]["uid"] == 65534
    assert before["tail -f /dev/null /dev/zero x"]["parent"] == before["sleep 302"]["parent"]
    assert "sleep 301" in commands(sandbox, "other")


def test_this_machine_sees_the_main_processes(sandbox: Sandbox) -> None:
    pids = sandbox.host_pids()
    assert set(pids) == {"workstation", "other"}
    assert all(Path(f"/proc/{pid}").exists() for pid in pids.values())
