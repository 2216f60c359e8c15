"""Many sandboxes open at once: does each agent reach its own service and no other, and how fast.

    python benchmarks/crowd.py [count] [threads]

Each has two services of harness/base on a sealed network, 32 MB and 32 processes apiece. Not part of
`make bench`: 200 of them take minutes.
"""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from overhead import HERE

from harness.content.roots import find_roots
from harness.orders import SandboxOrder
from harness.protocols import Sandbox
from harness.sandbox.engine import connect
from harness.sandbox.images import OURS, Images
from harness.sandbox.lease import RUN, leased
from harness.sandbox.machines import DockerSandboxes
from harness.schema.environment import Environment

# The service tells which sandbox it belongs to; files put in place carry the number.
_SERVE = ["python3", "-m", "http.server", "8080", "--directory", "/srv"]
_TINY = {"image": "harness/base", "user": "nobody", "memory": "32m", "pids": 32, "cpus": 0.5}
_ENVIRONMENT = Environment.model_validate(
    {
        "schema": 1,
        "title": "one of a crowd",
        "agent_service": "agent",
        "services": {
            "agent": _TINY,
            "web": {**_TINY, "command": _SERVE, "ready": {"tcp": 8080, "within": "300s"}},
        },
    }
)
# Prints what the own service says, then what came of asking another sandbox's by address.
_ASK = """
import socket, sys, urllib.request
print(urllib.request.urlopen("http://web:8080/number", timeout=60).read().decode())
try:
    socket.create_connection((sys.argv[1], 8080), timeout=2)
    print("reached")
except OSError:
    print("denied")
"""
_ADDRESS = "import socket; print(socket.gethostbyname('web'))"


class Crowd:
    """Sandboxes by number, opened and asked in threads; what goes wrong is counted."""

    def __init__(self, sandboxes: DockerSandboxes, count: int, threads: int) -> None:
        """Open nothing yet."""
        self.run = f"crowd-{secrets.token_hex(4)}"
        self.open: dict[int, tuple[Sandbox, ExitStack]] = {}
        self.faults: Counter[str] = Counter()
        self._addresses: dict[int, str] = {}
        self._sandboxes, self._count, self._threads = sandboxes, count, threads
        self._images = sandboxes.images(_ENVIRONMENT, HERE)
        self._lock = threading.Lock()

    def everyone(self, what: str, do: Callable[[int], None]) -> None:
        """Do something with every number at once, and print how long that took."""
        began = time.monotonic()
        with ThreadPoolExecutor(self._threads) as pool:
            done = list(
                pool.map(lambda number: self._guarded(what, do, number), range(self._count))
            )
        seconds = time.monotonic() - began
        each = seconds / self._count * 1000
        print(
            f"  {what:16} {sum(done):4} of {self._count} in {seconds:6.1f} s, {each:5.0f} ms each"
        )

    def _guarded(self, what: str, do: Callable[[int], None], number: int) -> bool:
        try:
            do(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            with self._lock:
                self.faults[f"{what}: {type(error).__name__}: {str(error)[:160]}"] += 1
            return False
        return True

    def enter(self, number: int) -> None:
        """Open a sandbox whose service knows its number."""
        order = SandboxOrder(
            environment=_ENVIRONMENT,
            images=self._images,
            run=self.run,
            sample=f"crowd {number}",
            lease_seconds=3600,
            uploads={},
            env={},
        )
        stack = ExitStack()
        sandbox = stack.enter_context(self._sandboxes.open(order))
        with self._lock:
            self.open[number] = (sandbox, stack)
        sandbox.write("/srv/number", str(number).encode(), service="web")

    def find(self, number: int) -> None:
        """Note the address of a sandbox's service."""
        sandbox, _ = self.open[number]
        answer = sandbox.exec(["python3", "-c", _ADDRESS], timeout_seconds=120)
        self._addresses[number] = answer.stdout.decode().strip()
        assert self._addresses[number], answer.stderr.decode()

    def ask(self, number: int) -> None:
        """Its own service answers by name; another one's address does not."""
        sandbox, _ = self.open[number]
        other = self._addresses[(number + 1) % self._count]
        answer = sandbox.exec(["python3", "-c", _ASK, other], timeout_seconds=180)
        said = answer.stdout.decode().split()
        assert said == [str(number), "denied"], (said, answer.stderr.decode()[-200:])

    def leave(self, number: int) -> None:
        """Close a sandbox."""
        if number in self.open:
            self.open[number][1].close()


def _memory_used() -> float:
    """Memory in use on this machine, in bytes."""
    rows = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    kilobytes = {name: int(row.split()[0]) for name, row in rows.items()}
    return (kilobytes["MemTotal"] - kilobytes["MemAvailable"]) * 1024


def main() -> None:
    """Print counts, times and memory; exit with 1 when anything went wrong."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    engine = connect()
    own = {
        f"{OURS}{name}": path
        for name, path in find_roots().children("docker", "Dockerfile").items()
    }
    crowd = Crowd(DockerSandboxes(engine, Images(engine, own, print)), count, threads)
    before, files = _memory_used(), len(list(Path("/proc/self/fd").iterdir()))
    print(f"{count} sandboxes of two services on a sealed network, {threads} threads")
    crowd.everyone("opened", crowd.enter)
    crowd.everyone("found by name", crowd.find)
    crowd.everyone("own, not others", crowd.ask)
    used, held = _memory_used() - before, len(list(Path("/proc/self/fd").iterdir())) - files
    print(
        f"  memory           {used / count / 1e6:4.1f} MB a sandbox, {used / 1e9:.1f} GB together"
    )
    print(f"  open files       {held} of the harness")
    crowd.everyone("closed", crowd.leave)
    left = [thing for thing in leased(engine) if thing.labels.get(RUN) == crowd.run]
    print(f"  left over        {len(left)}")
    for thing in left:
        thing.remove()
    for fault, times in crowd.faults.most_common(10):
        print(f"  {times} x {fault}")
    sys.exit(1 if left or crowd.faults else 0)


if __name__ == "__main__":
    main()
