"""The fake sandbox makes the trouble that is ordered, and costs next to nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EngineUnavailable, SandboxLost, SandboxStartError
from harness.orders import SandboxOrder, Upload
from harness.testing.fake_sandbox import FakeSandboxes
from harness.testing.sandbox_conformance import ENVIRONMENT, HOME

NOT_READY = SandboxStartError("service shop", "it was not ready", "mend it")


def order(run: str = "run", **changes: Any) -> SandboxOrder:
    usual = {"images": {}, "sample": "s", "lease_seconds": 60.0, "uploads": {}, "env": {}}
    return SandboxOrder(environment=ENVIRONMENT, run=run, **{**usual, **changes})


def test_an_opening_fails_as_ordered() -> None:
    sandboxes = FakeSandboxes(fail_open=NOT_READY)
    for _ in range(2):
        with pytest.raises(SandboxStartError, match="not ready"), sandboxes.open(order()):
            pytest.fail("it opened")


def test_only_the_first_openings_fail_when_so_ordered() -> None:
    sandboxes = FakeSandboxes(fail_open=NOT_READY, fail_opens=1)
    with pytest.raises(SandboxStartError), sandboxes.open(order()):
        pytest.fail("it opened")
    with sandboxes.open(order()) as sandbox:
        assert sandbox.exec(["true"]).exit_code == 0
    assert len(sandboxes.orders) == 2


def test_a_sandbox_is_lost_at_the_ordered_command_and_stays_lost() -> None:
    sandboxes = FakeSandboxes(lose_at=2)
    for _ in range(2):
        with sandboxes.open(order()) as sandbox:
            assert sandbox.exec(["true"]).exit_code == 0
            with pytest.raises(SandboxLost):
                sandbox.exec(["true"])
            with pytest.raises(SandboxLost):
                sandbox.read("/etc/hostname")


def test_a_shells_commands_count_too() -> None:
    with FakeSandboxes(lose_at=2).open(order()) as sandbox, sandbox.open_shell() as shell:
        assert shell.run("echo one", 5).output == "one\n"
        with pytest.raises(SandboxLost):
            shell.run("echo two", 5)


def test_ending_a_run_loses_its_sandboxes_during_a_command() -> None:
    sandboxes = FakeSandboxes()
    with sandboxes.open(order("mine")) as mine, sandboxes.open(order("other")) as other:
        timer = threading.Timer(0.2, lambda: sandboxes.end("mine"))
        timer.start()
        started = time.monotonic()
        with pytest.raises(SandboxLost):
            mine.exec(["sleep", "30"])
        assert time.monotonic() - started < 25
        timer.join()
        assert other.exec(["true"]).exit_code == 0


def test_slow_machines_and_a_gone_place() -> None:
    started = time.monotonic()
    with FakeSandboxes(open_seconds=0.2).open(order()):
        assert time.monotonic() - started >= 0.2
    FakeSandboxes().ping()
    with pytest.raises(EngineUnavailable):
        FakeSandboxes(gone=True).ping()


def test_uploads_variables_and_absolute_paths() -> None:
    uploads = {"workstation": [Upload("/srv/tool", b"#!/bin/sh\necho $TOKEN\n", mode=0o755)]}
    with FakeSandboxes().open(order(uploads=uploads, env={"workstation": {"TOKEN": "t"}})) as box:
        assert box.exec(["/srv/tool"]).stdout == b"t\n"
        assert box.exec(["sh", "-c", "cat $SANDBOX_ROOT/srv/tool"]).stdout.startswith(b"#!")
        home = box.exec(["pwd"]).stdout.decode().strip()
        box.write(f"{home}/note", b"same")
        assert box.read(f"{HOME}/note") == b"same"


def test_nothing_of_a_closed_sandbox_is_left() -> None:
    with FakeSandboxes().open(order()) as sandbox:
        home = Path(sandbox.exec(["pwd"]).stdout.decode().strip())
        beat = "setsid sh -c 'while :; do echo x >> beat; sleep 0.02; done' >/dev/null 2>&1 &"
        sandbox.exec(["sh", "-c", f"echo $$; {beat}"])
        pid = sandbox.exec(["sh", "-c", "setsid sleep 60 >/dev/null 2>&1 & echo $!"]).stdout
        assert Path(f"/proc/{int(pid)}").exists()
    assert not home.exists()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{int(pid)}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{int(pid)}").exists()


def test_a_sandbox_that_is_not_used_makes_nothing(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sandboxes = FakeSandboxes()
    for _ in range(1000):
        with sandboxes.open(order()):
            pass
    assert list(tmp_path.iterdir()) == []


def test_how_many_were_open_at_once_is_told() -> None:
    sandboxes = FakeSandboxes()
    with sandboxes.open(order()), sandboxes.open(order()):
        pass
    with sandboxes.open(order()):
        pass
    assert sandboxes.most_open == 2
