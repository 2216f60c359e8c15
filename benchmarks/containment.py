"""What the boundary costs, and whether its log keeps up.

A container of profile strict beside a bare hardened one (no capabilities, no new privileges, the
same limits, the engine's own seccomp profile); a sealed sample beside an isolated one; and 1,000
connects a second into a sinkhole, counted on both sides. In turn, in one run.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from overhead import find_service, harness_samples

from harness.cli.common import docker_sandboxes
from harness.content.roots import find_roots
from harness.orders import SandboxOrder
from harness.sandbox.container import KEEPER_USER, hardening, keeper
from harness.sandbox.machines import DockerSandboxes
from harness.schema.environment import Environment
from harness.schema.task import Collect

CONTAINERS, SAMPLES, ROUNDS = 10, 8, 3
CONNECTS, A_SECOND = 10_000, 1_000
FLOOD = """
import socket, sys, time
total, rate = int(sys.argv[1]), int(sys.argv[2])
started, failed = time.monotonic(), 0
for number in range(total):
    ahead = number / rate - (time.monotonic() - started)
    if ahead > 0:
        time.sleep(ahead)
    try:
        with socket.create_connection((f"203.0.113.{1 + number % 200}", 443), 5) as one:
            one.sendall(b"number %d" % number)
    except OSError:
        failed += 1
print(time.monotonic() - started, failed)
"""


def lifecycles(sandboxes: DockerSandboxes, image: str, options: dict[str, Any]) -> float:
    """Seconds to create, start, use once and remove a container, for all of them."""
    api = sandboxes.engine.api
    started = time.perf_counter()
    for _ in range(CONTAINERS):
        made = api.create_container(
            image,
            keeper(600),
            user=KEEPER_USER,
            host_config=api.create_host_config(network_mode="none", **options),
        )
        try:
            api.start(made["Id"])
            run = api.exec_create(made["Id"], ["true"], user="agent")
            api.exec_start(run["Id"])
        finally:
            api.remove_container(made["Id"], force=True, v=True)
    return time.perf_counter() - started


def bare() -> dict[str, Any]:
    """What a careful person would say by hand."""
    service = find_service()
    return {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": service.memory,
        "memswap_limit": service.memory,
        "nano_cpus": int(service.cpus * 1e9),
        "pids_limit": service.pids,
        "init": True,
    }


def compare_containers(sandboxes: DockerSandboxes) -> None:
    """Profile strict beside a bare hardened container."""
    image = sandboxes.image_store.resolve("harness/workstation")
    strict = hardening(sandboxes.engine, find_service(), "runc")
    rounds = [
        (lifecycles(sandboxes, image, strict), lifecycles(sandboxes, image, bare()))
        for _ in range(ROUNDS)
    ]
    for index, name in enumerate(("profile strict", "bare hardened")):
        each = statistics.median(seconds[index] for seconds in rounds) / CONTAINERS * 1000
        print(f"  {name:34} {each:6.1f} ms a container")
    ratio = statistics.median(one / other for one, other in rounds)
    print(f"  strict / bare {ratio:.2f} (wanted: <= 1.10)")


def compare_samples(sandboxes: DockerSandboxes) -> None:
    """A sealed sample, with its warden, beside an isolated one."""
    tasks = ("five-commands-sealed", "five-commands")
    rounds = [
        tuple(harness_samples(sandboxes, task, SAMPLES) for task in tasks) for _ in range(ROUNDS)
    ]
    for index, name in enumerate(("sealed", "isolated")):
        each = statistics.median(seconds[index] for seconds in rounds) / SAMPLES * 1000
        print(f"  {name:34} {each:6.1f} ms a sample")
    ratio = statistics.median(one / other for one, other in rounds)
    print(f"  sealed / isolated {ratio:.2f} (wanted: <= 2.2)")


def flood_sinkhole(sandboxes: DockerSandboxes) -> None:
    """Connects into a sinkhole at a steady rate: all in its log, or counted as lost."""
    box = {"image": "harness/base", "user": "nobody"}
    environment = Environment.model_validate(
        {
            "schema": 1,
            "title": "a flood",
            "agent_service": "box",
            "services": {"box": box},
            "network": {"mode": "sealed"},
        }
    )
    images = sandboxes.images(environment, Path())
    order = SandboxOrder(environment, images, "bench", "flood", 600, {}, {}, outside="sinkhole")
    with tempfile.TemporaryDirectory() as folder, sandboxes.open(order) as sandbox:
        answer = sandbox.exec(
            ["python3", "-c", FLOOD, str(CONNECTS), str(A_SECOND)], timeout_seconds=120
        )
        seconds, failed = answer.stdout.split()
        sandbox.collect(Collect(), {}, Path(folder))
        lines = (Path(folder) / "sensors" / "network.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    packets = sum(row["kind"] == "packet" for row in rows)
    streams = sum(row["kind"] == "stream" and bool(row["data"]) for row in rows)
    print(f"  {CONNECTS} connects in {float(seconds):.1f} s, {int(failed)} failed at the caller")
    print(
        f"  logged: {packets} connects, {streams} first bytes; counted as lost: {rows[-1]['lost']}"
    )


def main() -> None:
    """Print the ratios and the counts."""
    sandboxes = docker_sandboxes(find_roots(), lambda _text: None)
    print(f"the boundary, {ROUNDS} rounds in turn")
    compare_containers(sandboxes)
    compare_samples(sandboxes)
    flood_sinkhole(sandboxes)


if __name__ == "__main__":
    main()
