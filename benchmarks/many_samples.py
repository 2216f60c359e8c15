"""1,000 samples on the fake sandbox: memory for each finished sample, and whether time stays flat."""

from __future__ import annotations

import gc
import itertools
import statistics
import tempfile
import time
from array import array
from pathlib import Path

from overhead import HERE, no_model

from harness.content.plan import make_plan
from harness.content.roots import find_roots
from harness.models import check_model, price_known
from harness.results import SampleResult
from harness.run import load_run, start_run
from harness.runner import execute
from harness.schema.config import RunConfig
from harness.testing.fake_sandbox import FakeSandboxes
from harness.testing.runs import Silent

SAMPLES, HUNDRED, JOBS = 1000, 100, 2


def resident_bytes() -> int:
    """Memory of this process that is in RAM."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


class Watch(Silent):
    """Notes when samples end, and the memory after the first hundred."""

    def __init__(self, sandboxes: FakeSandboxes) -> None:
        """Start with nothing seen."""
        self.times = array("d")
        self.memory = array("q")
        self._sandboxes = sandboxes

    def ended(self, result: SampleResult) -> None:
        """Note the time, and the memory after each hundred."""
        assert result.grade is not None, result.error
        self.times.append(time.perf_counter())
        self._sandboxes.orders.clear()  # the double's notes for tests are not the harness's memory
        if len(self.times) % HUNDRED == 0:
            self.memory.append(resident_bytes())


def main() -> None:
    """Print growth a sample, and the ratio of the last hundred to the first."""
    roots = find_roots([HERE / "content"])
    config = RunConfig(
        selectors=["bench/five-commands"],
        agents=[f"scripted:{HERE / 'content' / 'five-commands.toml'}"],
        epochs=SAMPLES,
        jobs=JOBS,
    )
    plan = make_plan(config, roots, check_model, price_known)
    sandboxes = FakeSandboxes()
    watch = Watch(sandboxes)
    with tempfile.TemporaryDirectory() as folder:
        run = load_run(start_run(plan, roots, Path(folder), sandboxes, watch))
        began = time.perf_counter()
        execute(run, sandboxes, no_model, watch)
    steps = [later - earlier for earlier, later in itertools.pairwise(watch.memory)]
    whole = (watch.memory[-1] - watch.memory[0]) / (SAMPLES - HUNDRED)
    first = watch.times[HUNDRED - 1] - began
    last = watch.times[-1] - watch.times[-HUNDRED - 1]
    print(f"{SAMPLES} samples of 5 commands on the fake sandbox, {JOBS} at once")
    growth = statistics.median(steps) / HUNDRED
    print(
        f"  memory        {growth:7.0f} bytes a finished sample, median of hundreds   (wanted: < 1024)"
    )
    print(f"                {whole:7.0f} bytes with the interpreter's one-time steps")
    print(f"  first hundred {first / HUNDRED * 1000:7.2f} ms a sample")
    print(
        f"  last hundred  {last / HUNDRED * 1000:7.2f} ms a sample, ratio {last / first:.2f}   (wanted: <= 1.2)"
    )


if __name__ == "__main__":
    main()
