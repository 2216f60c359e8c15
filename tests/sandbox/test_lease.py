"""What belongs to a living harness is never cleaned; what a dead one left always is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SandboxError
from harness.sandbox import lease
from harness.sandbox.lease import (
    EXPIRES,
    EXPIRES_UPTIME,
    OWNER,
    RUN,
    SLACK_SECONDS,
    Leftover,
    clean,
    is_alive,
    lease_labels,
    leased,
    owner,
)
from harness.sandbox.network import open_network

pytestmark = pytest.mark.alone

NOW, UPTIME = 1_000_000.0, 5_000.0
DAY = 86_400.0


def alive(label: str, *, left: float, now: float = NOW, uptime: float = UPTIME) -> bool:
    """Whether the owner lives by a lease that ends `left` seconds after NOW."""
    labels = {
        OWNER: label,
        EXPIRES: str(int(NOW + left)),
        EXPIRES_UPTIME: str(int(UPTIME + left)),
    }
    return is_alive(labels, now=now, uptime=uptime)


def named(**parts: str) -> str:
    """This process's identity with some of its parts replaced."""
    host, boot, namespace, pid, started = owner().split("/")
    mine = {"host": host, "boot": boot, "namespace": namespace, "pid": pid, "started": started}
    return "/".join((mine | parts).values())


def ended_process() -> int:
    """The pid of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_this_process_is_alive_even_past_its_lease() -> None:
    assert alive(owner(), left=-10)
    assert owner().split("/")[3] == str(os.getpid())


def test_another_living_process_of_this_machine_is_alive() -> None:
    program = "from harness.sandbox.lease import owner; print(owner(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        label = process.stdout.readline().strip()
        while_it_runs = alive(label, left=-10)
        process.communicate("\n")
    assert while_it_runs
    assert not alive(label, left=10)


def test_an_ended_process_is_dead_even_within_its_lease() -> None:
    assert not alive(named(pid=str(ended_process())), left=10)


def test_a_zombie_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        deadline = time.monotonic() + 10
        while _state(process.pid) != "Z" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not alive(named(pid=str(process.pid)), left=10)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]


def test_a_pid_that_is_used_again_is_not_its_former_owner() -> None:
    assert not alive(named(started="1"), left=10)


NEIGHBOUR = {"namespace": "elsewhere"}
STRANGER = {"host": "elsewhere", "boot": "11111111-0000-0000-0000-000000000000"}


@pytest.mark.parametrize("parts", [NEIGHBOUR, STRANGER], ids=["namespace", "host"])
def test_an_owner_that_cannot_be_asked_is_alive_until_its_lease_ends(parts: Any) -> None:
    assert alive(named(**parts), left=10)
    assert not alive(named(**parts), left=-10)


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_clock_that_jumps_moves_no_lease_of_this_machine(jump: float) -> None:
    """A harness in another container of this machine, which cannot be asked."""
    assert alive(named(**NEIGHBOUR), left=10, now=NOW + jump)
    assert not alive(named(**NEIGHBOUR), left=-10, now=NOW + jump)
    assert alive(owner(), left=-10, now=NOW + jump)
    assert not alive(named(pid=str(ended_process())), left=10, now=NOW + jump)


def test_an_owner_of_an_earlier_boot_is_dead() -> None:
    assert not alive(named(boot="00000000-0000-0000-0000-000000000000"), left=10)


def test_a_label_that_is_not_ours_to_read_counts_until_its_lease_ends() -> None:
    assert alive("nonsense", left=10)
    assert not alive("nonsense", left=-10)


def test_a_lease_without_an_end_has_ended() -> None:
    assert not is_alive({OWNER: named(**NEIGHBOUR)})
    assert not is_alive({OWNER: named(**STRANGER), EXPIRES: "soon"})


def test_a_lease_lasts_its_time_and_some_slack() -> None:
    labels = lease_labels("run", "sample", "service", 100)
    assert int(labels[EXPIRES]) == pytest.approx(time.time() + 100 + SLACK_SECONDS, abs=60)
    uptime = int(labels[EXPIRES_UPTIME])
    assert uptime == pytest.approx(time.monotonic() + 100 + SLACK_SECONDS, abs=60)


@pytest.fixture
def made(docker_images: Any, run_label: str) -> Iterator[Any]:
    """Make a container on the engine whose labels say what a test wants."""
    api = docker_images.engine.api
    image = docker_images.resolve("harness/base")
    ids = []

    def make(**labels: str) -> str:
        usual = lease_labels(run_label, "sample", "service", 60)
        created = api.create_container(image, command=["true"], labels=usual | labels)
        ids.append(str(created["Id"]))
        return ids[-1]

    yield make
    present = {row["Id"] for row in api.containers(all=True, filters={"label": RUN})}
    for each in set(ids) & present:
        api.remove_container(each, force=True)


def removed(engine: Any, run: str, **options: bool) -> set[tuple[str, str]]:
    """Kind and id of what cleaning takes; nothing may fail."""
    done = clean(engine, run=run, **options)
    assert done.failed == []
    return {(thing.kind, thing.id) for thing in done.removed}


def test_cleaning_takes_what_dead_owners_left_and_nothing_else(
    engine: Any, made: Any, run_label: str
) -> None:
    living = made()
    dead = made(**{OWNER: named(pid=str(ended_process()))})
    away = made(**{OWNER: named(**STRANGER)})
    expired = made(**{OWNER: named(**STRANGER), EXPIRES: "1"})
    would = removed(engine, run_label, dry_run=True)
    assert would == {("container", dead), ("container", expired)}
    assert {dead, expired} < {thing.id for thing in leased(engine)}
    assert removed(engine, run_label) == would
    left = {thing.id for thing in leased(engine) if thing.labels[RUN] == run_label}
    assert left == {living, away}


def test_cleaning_takes_networks_volumes_and_images_too_and_again_takes_nothing(
    engine: Any, made: Any, run_label: str
) -> None:
    labels = lease_labels(run_label, "sample", "network", 60)
    labels[OWNER] = named(pid=str(ended_process()))
    container = made(**{OWNER: labels[OWNER]})
    image = str(engine.api.commit(container, conf={"Labels": labels})["Id"])
    engine.api.tag(image, f"harness/{run_label}", "sample")
    volume = engine.api.create_volume(f"harness-{run_label}", labels=labels)["Name"]
    with open_network(engine, f"harness-{run_label}", labels) as network:
        gone = removed(engine, run_label)
    things = {
        ("container", container),
        ("network", network.id),
        ("volume", volume),
        ("image", image),
    }
    assert gone == things
    assert engine.image_id(image) is None
    assert removed(engine, run_label) == set()


def test_what_cannot_be_removed_is_told_and_holds_up_nothing_else(
    engine: Any, made: Any, run_label: str
) -> None:
    labels = lease_labels(run_label, "sample", "volume", 60)
    labels[OWNER] = named(pid=str(ended_process()))
    volume = engine.api.create_volume(f"harness-{run_label}", labels=labels)["Name"]
    image = str(engine.api.commit(made(), conf={"Labels": labels})["Id"])
    user = engine.api.create_container(
        image,
        ["sleep", "60"],
        labels=lease_labels(run_label, "sample", "service", 60),
        host_config=engine.api.create_host_config(binds=[f"{volume}:/data"], network_mode="none"),
    )["Id"]
    engine.api.start(user)
    dead = made(**{OWNER: labels[OWNER]})
    try:
        done = clean(engine, run=run_label)
        assert [(thing.kind, thing.id) for thing in done.removed] == [("container", dead)]
        problems = {thing.kind: problem for thing, problem in done.failed}
        assert problems.keys() == {"volume", "image"}
        assert "in use" in problems["volume"]
    finally:
        engine.api.remove_container(user, force=True)
    assert removed(engine, run_label) == {("volume", volume), ("image", image)}


def test_what_is_only_just_not_removable_is_tried_again(engine: Any, monkeypatch: Any) -> None:
    """As a network whose containers are still being taken away."""
    answers = iter([SandboxError("network", "it has active endpoints", "wait"), None])

    def remove() -> None:
        if answer := next(answers):
            raise answer

    labels = {OWNER: named(pid=str(ended_process())), RUN: "r"}
    thing = Leftover("network", "n", "n", labels, remove)
    monkeypatch.setattr(lease, "leased", lambda _engine: [thing])
    done = clean(engine, run="r")
    assert (done.removed, done.failed) == ([thing], [])


def test_a_run_that_is_not_named_is_not_touched(engine: Any, made: Any) -> None:
    dead = made(**{OWNER: named(pid=str(ended_process()))})
    assert clean(engine, run="another-run").removed == []
    assert dead in {thing.id for thing in leased(engine)}
