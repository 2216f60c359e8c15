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

from harness.sandbox.lease import (
    EXPIRES,
    OWNER,
    RUN,
    SLACK_SECONDS,
    clean,
    is_alive,
    lease_labels,
    leased,
    owner,
)
from harness.sandbox.network import open_network

NOW = 1_000_000.0
LATER, EARLIER = NOW + 10, NOW - 10


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
    assert is_alive(owner(), EARLIER, now=NOW)
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
        alive = is_alive(label, EARLIER, now=NOW)
        process.communicate("\n")
    assert alive
    assert not is_alive(label, LATER, now=NOW)


def test_an_ended_process_is_dead_even_within_its_lease() -> None:
    assert not is_alive(named(pid=str(ended_process())), LATER, now=NOW)


def test_a_zombie_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        deadline = time.monotonic() + 10
        while _state(process.pid) != "Z" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_alive(named(pid=str(process.pid)), LATER, now=NOW)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]


def test_a_pid_that_is_used_again_is_not_its_former_owner() -> None:
    assert not is_alive(named(started="1"), LATER, now=NOW)


@pytest.mark.parametrize("part", ["host", "namespace"])
def test_an_owner_that_cannot_be_asked_is_alive_until_its_lease_ends(part: str) -> None:
    stranger = named(**{part: "elsewhere"})
    assert is_alive(stranger, LATER, now=NOW)
    assert not is_alive(stranger, EARLIER, now=NOW)


def test_an_owner_of_an_earlier_boot_is_dead() -> None:
    assert not is_alive(named(boot="00000000-0000-0000-0000-000000000000"), LATER, now=NOW)


def test_a_label_that_is_not_ours_to_read_counts_until_its_lease_ends() -> None:
    assert is_alive("nonsense", LATER, now=NOW)
    assert not is_alive("nonsense", EARLIER, now=NOW)


def test_a_lease_lasts_its_time_and_some_slack() -> None:
    expires = int(lease_labels("run", "sample", "service", 100)[EXPIRES])
    assert expires == pytest.approx(time.time() + 100 + SLACK_SECONDS, abs=5)


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


def test_cleaning_takes_what_dead_owners_left_and_nothing_else(
    engine: Any, made: Any, run_label: str
) -> None:
    living = made()
    dead = made(**{OWNER: named(pid=str(ended_process()))})
    away = made(**{OWNER: named(host="elsewhere")})
    expired = made(**{OWNER: named(host="elsewhere"), EXPIRES: "1"})
    would = {thing.id for thing in clean(engine, dry_run=True, run=run_label)}
    assert would == {dead, expired}
    assert {dead, expired} < {thing.id for thing in leased(engine)}
    assert {thing.id for thing in clean(engine, run=run_label)} == would
    left = {thing.id for thing in leased(engine) if thing.labels[RUN] == run_label}
    assert left == {living, away}


def test_cleaning_takes_networks_and_snapshot_images_too(
    engine: Any, made: Any, run_label: str
) -> None:
    labels = lease_labels(run_label, "sample", "network", 60)
    labels[OWNER] = named(pid=str(ended_process()))
    container = made(**{OWNER: labels[OWNER]})
    image = str(engine.api.commit(container, conf={"Labels": labels})["Id"])
    with open_network(engine, f"harness-{run_label}", labels) as network:
        gone = {(thing.kind, thing.id) for thing in clean(engine, run=run_label)}
    assert gone == {("container", container), ("network", network.id), ("image", image)}
    assert engine.image_id(image) is None


def test_a_run_that_is_not_named_is_not_touched(engine: Any, made: Any) -> None:
    dead = made(**{OWNER: named(pid=str(ended_process()))})
    assert clean(engine, run="another-run") == []
    assert dead in {thing.id for thing in leased(engine)}
