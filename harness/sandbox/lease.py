"""Who owns a container, network or image: labels that outlive their process.

An owner is named by host, boot, pid namespace, pid and the process's start time, so that a pid
used again, a reboot, or a harness in another container is never taken for the owner.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from harness.sandbox.engine import Engine, engine_errors, machine

RUN, SAMPLE, SERVICE = "harness.run", "harness.sample", "harness.service"
OWNER, EXPIRES = "harness.owner", "harness.expires"
SLACK_SECONDS = 3600.0


def _start_time(pid: int) -> str | None:
    """When a process started, in clock ticks since boot; None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown"


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return "unknown"


@cache
def _place() -> str:
    return f"{machine()}/{_boot()}/{_namespace()}"


def owner() -> str:
    """The identity of this process, as written into labels."""
    return f"{_place()}/{os.getpid()}/{_start_time(os.getpid()) or 'unknown'}"


def is_alive(label: str, expires: float, *, now: float | None = None) -> bool:
    """Whether the owner written in a label still lives.

    An owner of another host or pid namespace cannot be asked: it counts as alive until
    `expires` (Unix time). One of an earlier boot of this host is dead.
    """
    now = time.time() if now is None else now
    parts = label.rsplit("/", 2)
    if len(parts) != 3:  # noqa: PLR2004 - place, pid, start time
        return now < expires
    place, pid, started = parts
    if place != _place() or "unknown" in {started, _boot()}:
        same_host_other_boot = place.split("/")[0] == machine() and place.split("/")[1] != _boot()
        return not same_host_other_boot and now < expires
    return _start_time(int(pid)) == started


def lease_labels(run: str, sample: str, service: str, seconds: float) -> dict[str, str]:
    """The labels of one thing that this process opens and means to close within `seconds`."""
    return {
        RUN: run,
        SAMPLE: sample,
        SERVICE: service,
        OWNER: owner(),
        EXPIRES: str(int(time.time() + seconds + SLACK_SECONDS)),
    }


@dataclass(frozen=True)
class Leftover:
    """A thing on the engine that carries our labels."""

    kind: str
    id: str
    name: str
    labels: Mapping[str, str]
    remove: Callable[[], Any]

    @property
    def alive(self) -> bool:
        """Whether its owner still lives."""
        expires = self.labels.get(EXPIRES, "0")
        return is_alive(self.labels[OWNER], float(expires) if expires.isdigit() else 0.0)


def leased(engine: Engine) -> list[Leftover]:
    """All containers, networks and images (snapshots, those with secrets) that an owner labelled."""
    label = {"label": OWNER}
    found: list[Leftover] = []
    with engine_errors("cleaning"):
        for row in engine.api.containers(all=True, filters=label):
            remove = _container_remover(engine, row["Id"])
            name = (row["Names"] or [row["Id"][:12]])[0].lstrip("/")
            found.append(Leftover("container", row["Id"], name, row["Labels"], remove))
        for row in engine.api.networks(filters=label):
            remove = _network_remover(engine, row["Id"])
            found.append(Leftover("network", row["Id"], row["Name"], row["Labels"], remove))
        for row in engine.api.images(filters=label):
            remove = _image_remover(engine, row["Id"])
            found.append(Leftover("image", row["Id"], row["Id"][7:19], row["Labels"], remove))
    return found


def _container_remover(engine: Engine, container: str) -> Callable[[], Any]:
    return lambda: engine.api.remove_container(container, force=True, v=True)


def _network_remover(engine: Engine, network: str) -> Callable[[], Any]:
    return lambda: engine.api.remove_network(network)


def _image_remover(engine: Engine, image: str) -> Callable[[], Any]:
    return lambda: engine.api.remove_image(image, force=True)


def clean(engine: Engine, *, dry_run: bool = False, run: str | None = None) -> list[Leftover]:
    """Remove what dead owners left (of `run` only, when given); returns what was, or would be."""
    gone = [
        thing
        for thing in leased(engine)
        if not thing.alive and (run is None or thing.labels.get(RUN) == run)
    ]
    for thing in gone if not dry_run else ():
        with engine_errors(f"removing {thing.kind} {thing.name}"):
            try:
                thing.remove()
            except NotFound:
                continue
            except APIError as error:
                if "already in progress" not in str(error.explanation):
                    raise
    return gone
