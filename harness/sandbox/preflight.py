"""What a run needs of this machine, looked at before anything starts.

Each check is a function of numbers, so that a test can make any machine up. `bad` refuses the run,
`note` warns. A limit that may never be reached (memory) warns; what is certain to run out refuses.
"""

from __future__ import annotations

import ipaddress
import os
import resource
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import SandboxError
from harness.sandbox.engine import Engine, engine_errors
from harness.sandbox.network import PREFIX, subnets
from harness.schema.environment import Environment

State = Literal["ok", "note", "bad"]

# The engine: images and layers are 1.5 GB, a sample's writable layer and log seldom 200 MB.
_ENGINE_BYTES, _ENGINE_SAMPLE_BYTES = 2e9, 200e6
# The run's folder: of a sample at most 16 MB of collected files and of each long output.
_RUN_BYTES, _RUN_SAMPLE_BYTES = 500e6, 100e6
# A container's layer has some hundred files of its own; package installs have ten thousand.
_INODES, _SAMPLE_INODES = 10_000, 1_000
# Memory limits are upper bounds and seldom reached, so that twice what is there is usual.
_OVERCOMMIT = 2.0
# Measured: 5 for each sample with a shell and a program, 12 for the process. A model's
# connections, the logs and stored outputs come on top.
_OPEN_FILES, _SAMPLE_OPEN_FILES = 64, 16
_ROUTES = Path("/proc/net/route")
# What is wider than this is a default route, written in halves by some.
_WIDEST_ROUTE = 4


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and the remedy when that is not enough."""

    what: str
    state: State
    value: str
    remedy: str = ""


@dataclass(frozen=True)
class Demand:
    """What a run asks for: samples at once, and for one of them at most memory and subnets."""

    jobs: int
    memory_bytes: int = 0
    segments: int = 0


def demand(environments: Iterable[Environment], jobs: int) -> Demand:
    """What a run of these environments asks for."""
    known = list(environments)
    memory = (sum(service.memory for service in each.services.values()) for each in known)
    segments = (len(each.segments) + (each.network_mode == "allow") for each in known)
    return Demand(jobs, max(memory, default=0), max(segments, default=0))


def check_disk(what: str, free_bytes: float, floor_bytes: float, where: str) -> Finding:
    """Whether a file system has room for the run's data."""
    free = f"{free_bytes / 1e9:.1f} GB free at {where}"
    if free_bytes >= floor_bytes:
        return Finding(what, "ok", free)
    wanted = f"{free}, the run wants {floor_bytes / 1e9:.1f} GB"
    return Finding(what, "bad", wanted, "free some, or lower --jobs")


def check_inodes(what: str, free: int, total: int, jobs: int, where: str) -> Finding:
    """Whether a file system can make the run's files. One without a number of inodes can."""
    floor = _INODES + jobs * _SAMPLE_INODES
    if total == 0 or free >= floor:
        return Finding(what, "ok", f"{free} free at {where}" if total else "without a limit")
    return Finding(
        what,
        "bad",
        f"{free} free at {where}, the run wants {floor}",
        "remove small files, or lower --jobs",
    )


def check_memory(wanted: Demand, total_bytes: int) -> Finding:
    """Whether the services' memory limits fit into the engine's memory, all at once."""
    limits = wanted.jobs * wanted.memory_bytes
    value = f"limits of {limits / 1e9:.1f} GB at once, the engine has {total_bytes / 1e9:.1f} GB"
    if limits <= _OVERCOMMIT * total_bytes:
        return Finding("memory", "ok", value)
    return Finding("memory", "note", value, "lower --jobs if samples are killed for memory")


def check_open_files(limit: int, jobs: int) -> Finding:
    """Whether this process may open what its samples keep open. A negative limit is none."""
    need = _OPEN_FILES + jobs * _SAMPLE_OPEN_FILES
    if limit < 0 or limit >= need:
        return Finding("open files", "ok", "without a limit" if limit < 0 else f"{limit} allowed")
    return Finding(
        "open files",
        "bad",
        f"{limit} allowed, {jobs} samples at once want {need}",
        f"run `ulimit -n {need}` first, or lower --jobs",
    )


def check_subnets(
    whole: ipaddress.IPv4Network, used: Iterable[ipaddress.IPv4Network], wanted: Demand
) -> Finding:
    """Whether the range has subnets for every segment of the samples that run at once."""
    need = wanted.jobs * wanted.segments
    size = 2 ** (32 - PREFIX)
    taken = {
        int(index)
        for each in used
        if each.overlaps(whole)
        for index in range(
            (max(int(each.network_address), int(whole.network_address))) // size,
            (min(int(each.broadcast_address), int(whole.broadcast_address))) // size + 1,
        )
    }
    free = whole.num_addresses // size - len(taken)
    value = f"{free} subnets free in {whole}"
    if free >= need:
        return Finding("subnets", "ok", value)
    return Finding(
        "subnets",
        "bad",
        f"{value}, {wanted.jobs} samples at once want {need}",
        "run `harness clean`, lower --jobs, or set HARNESS_SUBNETS to a larger range",
    )


def check_routes(
    whole: ipaddress.IPv4Network, routes: Iterable[tuple[str, ipaddress.IPv4Network]]
) -> Finding:
    """Whether the range is apart from what the host reaches. The engine's bridges do not count."""
    for interface, network in routes:
        ours = interface.startswith(("br-", "docker"))
        if not ours and network.prefixlen > _WIDEST_ROUTE and network.overlaps(whole):
            return Finding(
                "routes",
                "bad",
                f"{whole} overlaps {network}, which this machine reaches by {interface}",
                "set HARNESS_SUBNETS to a range that is free here, such as 10.213.0.0/16",
            )
    return Finding("routes", "ok", f"none into {whole}")


def parse_routes(text: str) -> Iterator[tuple[str, ipaddress.IPv4Network]]:
    """Interface and network of each line of /proc/net/route, whose numbers are little-endian hex."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(fields[at]), "little") for at in (1, 7))
        yield fields[0], ipaddress.IPv4Network((address, mask.bit_count()), strict=False)


def look_here(runs: Path, wanted: Demand) -> Iterator[Finding]:
    """The checks on this process and the folder of runs."""
    yield from _folder("disk for runs", runs, wanted, _RUN_BYTES, _RUN_SAMPLE_BYTES)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield check_open_files(-1 if soft == resource.RLIM_INFINITY else soft, wanted.jobs)


def look_at_engine(engine: Engine, wanted: Demand) -> Iterator[Finding]:
    """The checks on the engine and its networks. Raises UsageError, EngineUnavailable."""
    data = Path(str(engine.info.get("DockerRootDir") or "/nowhere"))
    if engine.local and data.is_dir():
        yield from _folder("disk of engine", data, wanted, _ENGINE_BYTES, _ENGINE_SAMPLE_BYTES)
    yield check_memory(wanted, int(engine.info.get("MemTotal") or 0))
    if wanted.segments:
        yield check_subnets(subnets(), _used(engine), wanted)
        if engine.local and _ROUTES.exists():
            yield check_routes(subnets(), parse_routes(_ROUTES.read_text()))


def _folder(
    what: str, folder: Path, wanted: Demand, floor: float, each: float
) -> Iterator[Finding]:
    """Bytes and inodes for this user in the file system that holds, or will hold, a folder."""
    while not folder.exists():
        folder = folder.parent
    stat = os.statvfs(folder)
    need = floor + wanted.jobs * each
    yield check_disk(what, stat.f_bavail * stat.f_frsize, need, str(folder))
    inodes = what.replace("disk", "inodes")
    yield check_inodes(inodes, stat.f_favail, stat.f_files, wanted.jobs, str(folder))


def _used(engine: Engine) -> Iterator[ipaddress.IPv4Network]:
    with engine_errors("networks"):
        rows: Sequence[Any] = engine.api.networks()
    for row in rows:
        for pool in (row.get("IPAM") or {}).get("Config") or ():
            network = ipaddress.ip_network(pool.get("Subnet") or "::/0", strict=False)
            if isinstance(network, ipaddress.IPv4Network):
                yield network


def require_room(engine: Engine, runs: Path, wanted: Demand) -> list[Finding]:
    """The notes worth a warning. Raises SandboxError for the first thing that is not enough."""
    found = [*look_here(runs, wanted), *look_at_engine(engine, wanted)]
    for each in found:
        if each.state == "bad":
            raise SandboxError(each.what, each.value, each.remedy)
    return [each for each in found if each.state == "note"]
