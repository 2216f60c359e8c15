"""Sandboxes that end under the feet of whoever uses them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import SandboxLost
from harness.protocols import Sandbox
from harness.sandbox.lease import RUN, SERVICE, leased
from harness.schema.task import Collect

STATION = {"image": "harness/workstation", "user": "agent", "workdir": "/home/agent"}


@pytest.fixture
def opened(docker_sandboxes: Any, order: Any) -> Any:
    return lambda services: docker_sandboxes.open(order(services))


@pytest.fixture
def kill(docker_sandboxes: Any, run_label: str) -> Callable[[str], None]:
    """Kill a service's container from outside, as someone else on the engine would."""

    def do(service: str) -> None:
        for thing in leased(docker_sandboxes.engine):
            labels = thing.labels
            if (thing.kind, labels[RUN], labels[SERVICE]) == ("container", run_label, service):
                docker_sandboxes.engine.api.kill(thing.id)

    return do


def after(seconds: float, call: Callable[[], Any]) -> threading.Timer:
    timer = threading.Timer(seconds, call)
    timer.start()
    return timer


def test_a_container_that_is_killed_during_a_command_is_lost(opened: Any, kill: Any) -> None:
    with opened({"workstation": STATION}) as sandbox:
        timer = after(0.5, lambda: kill("workstation"))
        started = time.monotonic()
        with pytest.raises(SandboxLost, match="workstation"):
            sandbox.exec(["sleep", "60"])
        assert time.monotonic() - started < 25
        timer.join()
        with pytest.raises(SandboxLost):
            sandbox.exec(["true"])


def test_a_container_that_is_killed_during_a_shells_command_is_lost(opened: Any, kill: Any) -> None:
    with opened({"workstation": STATION}) as sandbox, sandbox.open_shell() as shell:
        timer = after(0.5, lambda: kill("workstation"))
        started = time.monotonic()
        with pytest.raises(SandboxLost):
            shell.run("sleep 60", 30)
        assert time.monotonic() - started < 25
        timer.join()
        with pytest.raises(SandboxLost):
            shell.run("true", 5)


def test_a_container_that_is_killed_ends_its_programs(opened: Any, kill: Any) -> None:
    with opened({"workstation": STATION}) as sandbox, sandbox.open_program("cat") as program:
        timer = after(0.5, lambda: kill("workstation"))
        program.read_until("never", quiet_seconds=1, timeout_seconds=10)
        timer.join()
        with pytest.raises(SandboxLost):
            sandbox.exec(["true"])


def test_an_agent_cannot_end_its_own_sandbox(opened: Any) -> None:
    with opened({"workstation": STATION}) as sandbox:
        sandbox.exec(["sh", "-c", "kill -9 -1; sleep 1"], timeout_seconds=5)
        with sandbox.open_shell() as shell:
            shell.run("kill -9 -1", 5)
            shell.run("pkill -9 -u agent", 5)
            assert shell.run("echo alive", 5).output == "alive\n"
        assert sandbox.exec(["echo", "alive"]).stdout == b"alive\n"


def test_ending_a_run_takes_its_sandboxes(
    opened: Any, docker_sandboxes: Any, run_label: str
) -> None:
    with opened({"workstation": STATION}) as sandbox:
        timer = after(0.5, lambda: docker_sandboxes.end(run_label))
        with pytest.raises(SandboxLost):
            sandbox.exec(["sleep", "60"])
        timer.join()


def test_a_main_process_that_runs_out_of_memory_is_lost_and_says_so(opened: Any) -> None:
    eat = "import time; time.sleep(1); x = [bytearray(2**24) for _ in range(100)]; time.sleep(60)"
    helper = {"image": "harness/base", "command": ["python3", "-c", eat], "memory": "48m"}
    with opened({"workstation": STATION, "helper": helper}) as sandbox:
        with pytest.raises(SandboxLost, match="memory"):
            sandbox.exec(["sleep", "30"], service="helper")
        assert sandbox.exec(["echo", "alive"]).stdout == b"alive\n"


def test_what_a_lost_sandbox_held_is_not_collected_as_if_it_were_whole(
    opened: Any, kill: Any, tmp_path: Any
) -> None:
    with opened({"workstation": STATION}) as sandbox:
        kill("workstation")
        with pytest.raises(SandboxLost):
            freeze_and_collect(sandbox, tmp_path)


def freeze_and_collect(sandbox: Sandbox, folder: Any) -> None:
    sandbox.freeze()
    sandbox.collect(Collect(), {}, folder)


def test_closing_a_sandbox_that_someone_removed_is_quiet(
    opened: Any, docker_sandboxes: Any, run_label: str
) -> None:
    with opened({"workstation": STATION, "helper": {**STATION, "command": ["sleep", "60"]}}):
        docker_sandboxes.end(run_label)
    left = [thing for thing in leased(docker_sandboxes.engine) if thing.labels[RUN] == run_label]
    assert left == []
