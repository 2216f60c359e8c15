"""The index over 100,000 samples: seconds to make it, to look for changes, of each query; memory.

`history.py [SAMPLES [URL]]`; with a URL the index is made there.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.content.roots import Roots
from harness.events import AttemptFinished, RunFinished
from harness.history.choice import Choice
from harness.history.database import open_database
from harness.history.export import export_samples
from harness.history.flaky import read_flaky
from harness.history.frames import load_runs
from harness.history.trends import read_trends
from harness.history.updating import update_index
from harness.results import Grade, Safety, SafetyEvent, SampleResult, Status, Usage
from harness.store import RunStore, Transcript, list_runs, read_json, write_json
from harness.testing.content import write_agent, write_environment, write_task
from harness.testing.runs import write_run

SUITES, TASKS, EPOCHS = 5, 20, 10
A_RUN = SUITES * TASKS * EPOCHS
FINDING = SafetyEvent(
    rule="egress",
    version=1,
    category="network",
    stage="attempted",
    enforcement="blocked",
    severity=2,
    confidence="deterministic",
)


def make_runs(folder: Path, samples: int) -> None:
    """Run folders of 1,000 samples each, a night apart, made by the harness's own store."""
    root, chance = folder / "root", random.Random(1)  # noqa: S311 - the same folders every time
    write_environment(root)
    write_agent(root, "idle")
    for suite in range(SUITES):
        for task in range(TASKS):
            write_task(root, f"suite-{suite}/task-{task:02}")
    for night in range(samples // A_RUN):
        run = write_run(folder / "runs", Roots((root,)), epochs=EPOCHS, name="nightly")
        store, started = run.store, datetime(2026, 1, 1, 3, tzinfo=UTC) + timedelta(days=night)
        plan = read_json(store.root / "run.json")
        write_json(store.root / "run.json", {**plan, "started": f"{started:%FT%T}.000Z"})
        log = Transcript(store.events)
        for key in run.samples:
            write_result(store, log, key, chance)
        log.append(RunFinished(reason="done"))
        log.close()


def write_result(store: RunStore, log: Transcript, key: Any, chance: random.Random) -> None:
    """One attempt of a sample: mostly passed for early tasks, for late ones mostly not."""
    attempt = store.new_attempt(key)
    hard = int(key.task[-2:]) / TASKS
    lost, yes, unsafe = chance.random() < 0.02, chance.random() > hard, chance.random() < 0.01
    grade = None if lost else Grade(value=float(yes), passed=yes, reason="compared")
    result = SampleResult(
        sample=key,
        attempt=attempt.number,
        status=Status.SANDBOX_ERROR if lost else Status.FINISHED,
        grade=grade,
        safety=Safety(verdict="flagged", reason="egress", events=[FINDING])
        if unsafe
        else Safety(verdict="clean", reason="nothing was found"),
        usage=Usage(steps=20, input_tokens=9000, output_tokens=900, usd=0.04, models=["model-1"]),
        timings={"open": 1.5, "agent": 90.0, "grade": 0.5},
        started="2026-01-01T03:00:00.000Z",
        finished="2026-01-01T03:02:00.000Z",
    )
    attempt.write_result(result)
    score = grade.value if grade else None
    log.append(
        AttemptFinished(sample=key, attempt=attempt.number, status=result.status, score=score)
    )


def timed(what: str, work: Callable[[], Any], wanted: str = "") -> Any:
    """Do it, print how long it took, and give what came out."""
    began, worked = time.perf_counter(), time.process_time()
    found = work()
    seconds, busy = time.perf_counter() - began, time.process_time() - worked
    print(f"  {what:<34} {seconds:8.3f} s  {busy:8.3f} s of processor  {wanted}", flush=True)
    return found


def peak_megabytes() -> float:
    """The most memory that this process has had in RAM."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ask(runs: Path, url: str | None) -> None:
    """Every query, twice: the first also imports what computes intervals."""
    queries: dict[str, Callable[[Any], Any]] = {
        "trends by suite, newest 20 runs": lambda db: read_trends(db, Choice(last=20)),
        "trends by suite, all runs": lambda db: read_trends(db, Choice()),
        "trends by task, newest 20 runs": lambda db: read_trends(db, Choice(last=20), "task"),
        "trends of one task, all runs": lambda db: read_trends(
            db, Choice(task="suite-1/task-05"), "task"
        ),
        "trends by model, all runs": lambda db: read_trends(db, Choice(), "model"),
        "flaky tasks, all runs": lambda db: read_flaky(db, Choice()),
    }
    with open_database(runs, url) as database:
        read_trends(database, Choice(last=1))
        for what, query in queries.items():
            timed(what, lambda query=query: query(database), "(wanted: <= 0.2)")


def measure(folder: Path, url: str | None) -> None:
    """Index, update, ask and export; in a process of its own, whose memory is this alone."""
    runs = folder / "runs"
    done = timed(
        "index from nothing", lambda: update_index(runs, url, rebuild=True), "(wanted: <= 60)"
    )
    assert not done.damaged, done.damaged[0]
    after_index = peak_megabytes()
    timed("update, nothing changed", lambda: update_index(runs, url))
    one = list_runs(runs)[-1]
    log = Transcript(one.events)
    log.append(RunFinished(reason="done"))
    log.close()
    assert timed("update, one run changed", lambda: update_index(runs, url)).indexed == 1
    ask(runs, url)
    after_queries = peak_megabytes()
    with open_database(runs, url) as database:
        for form in ("parquet", "csv"):
            file = folder / f"samples.{form}"
            timed(f"export to {form}", lambda file=file: export_samples(database, file))
    print(
        f"  peak memory: {after_index:.0f} MB after indexing, {after_queries:.0f} MB after queries,"
    )
    print(f"               {peak_megabytes():.0f} MB after exports (pyarrow included)")
    frames = timed("load_runs", lambda: load_runs(url or runs))
    print(f"               {peak_megabytes():.0f} MB with {len(frames.samples)} samples as frames")


def main(samples: int = 100_000, url: str | None = None) -> None:
    """Make the runs and measure."""
    with tempfile.TemporaryDirectory() as folder:
        print(f"history of {samples} samples in {samples // A_RUN} runs")
        timed("(making the run folders)", lambda: make_runs(Path(folder), samples))
        subprocess.run(
            [sys.executable, __file__, "--measure", folder, *([url] if url else [])], check=True
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
    else:
        main(*(int(each) for each in sys.argv[1:2]), *sys.argv[2:3])
