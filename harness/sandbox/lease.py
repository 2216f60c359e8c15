"""Who owns a container, network, volume or image: labels that outlive their process.

An owner is named by host, boot, pid namespace, pid and the process's start time, so that a pid
used again, a reboot, or a harness in another container is never taken for the owner. Clocks count
only for owners that cannot be asked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from harness.errors import EngineUnavailable, SandboxError
from harness.orders import SandboxOrder
from harness.sandbox.engine import Engine, engine_errors, machine

RUN, SAMPLE, SERVICE = "harness.run", "harness.sample", "harness.service"
OWNER, EXPIRES, EXPIRES_UPTIME = "harness.owner", "harness.expires", "harness.expires-uptime"
SLACK_SECONDS = 3600.0
_ROUNDS = 3
_PAUSE_SECONDS = 0.5


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


def is_alive(
    labels: Mapping[str, str], *, now: float | None = None, uptime: float | None = None
) -> bool:
    """Whether the owner written in labels still lives.

    An owner on another host or in another pid namespace cannot be asked: it counts as alive until
    its lease ends. Where host and boot are ours, the time since boot tells the end, which no
    change of the clock moves; on another host it is Unix time. An owner of an earlier boot of this
    host is dead. `now` and `uptime` (seconds) stand in for the clocks.
    """
    parts = labels.get(OWNER, "").rsplit("/", 2)
    place = parts[0].split("/")
    if len(parts) != 3 or len(place) != 3:  # noqa: PLR2004 - what `owner` joins
        return _is_before(time.time() if now is None else now, labels.get(EXPIRES))
    host, boot, _ = place
    if boot == _boot() != "unknown":
        if parts[0] == _place() and parts[2] != "unknown":
            return _start_time(int(parts[1])) == parts[2]
        return _is_before(
            time.monotonic() if uptime is None else uptime, labels.get(EXPIRES_UPTIME)
        )
    if host == machine() and "unknown" not in {boot, _boot()}:
        return False
    return _is_before(time.time() if now is None else now, labels.get(EXPIRES))


def _is_before(clock: float, end: str | None) -> bool:
    return end is not None and end.isdigit() and clock < float(end)


def lease_labels(run: str, sample: str, service: str, seconds: float) -> dict[str, str]:
    """The labels of one thing that this process opens and means to close within `seconds`."""
    return {
        RUN: run,
        SAMPLE: sample,
        SERVICE: service,
        OWNER: owner(),
        EXPIRES: str(int(time.time() + seconds + SLACK_SECONDS)),
        EXPIRES_UPTIME: str(int(time.monotonic() + seconds + SLACK_SECONDS)),
    }


def order_labels(order: SandboxOrder, service: str) -> dict[str, str]:
    """The labels of one thing of an ordered sandbox."""
    return lease_labels(order.run, order.sample, service, order.lease_seconds)


@dataclass(frozen=True)
class Leftover:
    """A thing on the engine that carries our labels. `remove` raises what the SDK raises."""

    kind: str
    id: str
    name: str
    labels: Mapping[str, str]
    remove: Callable[[], Any]

    @property
    def alive(self) -> bool:
        """Whether its owner still lives."""
        return is_alive(self.labels)


def leased(engine: Engine) -> list[Leftover]:
    """All containers, networks, volumes and images on the engine that carry an owner's label.

    In the order in which they can be removed: what uses another thing comes before it.
    """
    with engine_errors("cleaning"):
        return [*_containers(engine), *_networks(engine), *_volumes(engine), *_images(engine)]


def _containers(engine: Engine) -> Iterable[Leftover]:
    for row in engine.api.containers(all=True, filters={"label": OWNER}):
        name = (row["Names"] or [row["Id"][:12]])[0].lstrip("/")
        remove = partial(engine.api.remove_container, row["Id"], force=True, v=True)
        yield Leftover("container", row["Id"], name, row["Labels"], remove)


def _networks(engine: Engine) -> Iterable[Leftover]:
    for row in engine.api.networks(filters={"label": OWNER}):
        remove = partial(engine.api.remove_network, row["Id"])
        yield Leftover("network", row["Id"], row["Name"], row["Labels"], remove)


def _volumes(engine: Engine) -> Iterable[Leftover]:
    for row in engine.api.volumes(filters={"label": OWNER})["Volumes"] or ():
        remove = partial(engine.api.remove_volume, row["Name"], force=True)
        yield Leftover("volume", row["Name"], row["Name"], row["Labels"], remove)


def _images(engine: Engine) -> Iterable[Leftover]:
    for row in engine.api.images(filters={"label": OWNER}):
        remove = partial(engine.api.remove_image, row["Id"], force=True)
        yield Leftover("image", row["Id"], row["Id"][7:19], row["Labels"], remove)


@dataclass(frozen=True)
class Cleaning:
    """What was removed (or would be, in a dry run), and what could not be, with the reason."""

    removed: list[Leftover] = field(default_factory=list)
    failed: list[tuple[Leftover, str]] = field(default_factory=list)


def clean(engine: Engine, *, dry_run: bool = False, run: str | None = None) -> Cleaning:
    """Remove what dead owners left (of `run` only, when given).

    What cannot be removed is tried again a little later, since a container's end takes a moment to
    reach its network, and holds up nothing else. What is gone already counts as removed. Raises
    EngineUnavailable.
    """
    dead = [
        thing
        for thing in leased(engine)
        if not thing.alive and (run is None or thing.labels.get(RUN) == run)
    ]
    if dry_run:
        return Cleaning(dead)
    done = Cleaning()
    left = dead
    for number in range(_ROUNDS):
        time.sleep(_PAUSE_SECONDS if number and left else 0)
        done.failed.clear()
        for thing in left:
            if problem := _remove(thing):
                done.failed.append((thing, problem))
            else:
                done.removed.append(thing)
        left = [thing for thing, _ in done.failed]
    return done


def _remove(thing: Leftover) -> str:
    """Remove a thing; why it could not be, or ''. Raises EngineUnavailable."""
    try:
        with engine_errors(f"removing {thing.kind} {thing.name}"):
            try:
                thing.remove()
            except NotFound:
                return ""
            except APIError as error:
                if "already in progress" not in str(error.explanation):
                    raise
    except EngineUnavailable:
        raise
    except SandboxError as error:
        return error.what
    return ""
