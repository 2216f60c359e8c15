"""HTML reports: seconds and size for 1,000 samples, and for one sample with a 50 MB transcript."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import BaseModel

from harness import events
from harness.content.roots import Roots
from harness.messages import Message, Reply, Text, TokenUsage
from harness.report.build import build_report
from harness.report.html.write import write_run_html
from harness.results import Grade
from harness.run import Run
from harness.store import AttemptPaths, Transcript
from harness.testing.content import TASK, write_agent, write_environment, write_task
from harness.testing.runs import write_attempt, write_run

SAMPLES, TASKS, STEPS = 1000, 20, 10
LARGE_BYTES, OUTPUT = 50_000_000, "\x1b[32mok\x1b[0m  a line of output as programs print it\n" * 80
PAGE = 4096
SMALL = "total 8\n-rw-r--r-- 1 agent agent 34 notes.txt\n"


def work(steps: int, output: str) -> Iterator[BaseModel]:
    """What an agent with a model leaves in its log."""
    yield events.Noted(source="instruction", text="Take the flag.")
    for step in range(1, steps + 1):
        said = Message(role="assistant", content=[Text(text=f"I look at place {step}. " * 5)])
        usage = TokenUsage(input=900, output=80)
        reply = Reply(message=said, stop_reason="tool_use", usage=usage, usd=0.01, model="m")
        yield events.ModelReplied(step=step, reply=reply)
        call = f"call-{step}"
        yield events.ToolCalled(step=step, id=call, tool="bash", input={"command": "ls -l"})
        yield events.ToolReturned(
            step=step, id=call, content=output, is_error=False, seconds=0.1, exit_code=0
        )


def tell(attempt: AttemptPaths, steps: int, output: str) -> None:
    """Give an attempt a transcript of that many steps."""
    attempt.events.unlink()
    log = Transcript(attempt.events)
    for event in work(steps, output):
        log.append(event)
    log.close()


def plan(folder: Path, tasks: int, epochs: int) -> Run:
    """A run in which nothing has run."""
    root = folder / "root"
    write_environment(root)
    write_agent(root, "idle")
    for number in range(tasks):
        write_task(
            root, f"suite-{number % 4}/task-{number}", f"{TASK}human_minutes = {2 + number}\n"
        )
    return write_run(folder / "runs", Roots((root,)), epochs=epochs)


def fill(run: Run, steps: int, output: str) -> None:
    """Results and transcripts for all of it."""
    for number, key in enumerate(run.samples):
        grade = Grade(value=float(number % 3 > 0), passed=number % 3 > 0, reason="all checks hold")
        tell(write_attempt(run, key, grade=grade), steps, output)


class Memory:
    """The most memory of this process, above what it had, while a block runs."""

    def __enter__(self) -> Self:
        """Begin to look."""
        self.start = self.peak = _resident_bytes()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            self.peak = max(self.peak, _resident_bytes())

    @property
    def grown(self) -> int:
        """Bytes above the start."""
        return self.peak - self.start


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def report(run: Run) -> list[Path]:
    """Write a run's pages and print how long it took; its files."""
    with Memory() as memory:
        began, busy = time.perf_counter(), time.process_time()
        index = write_run_html(run, build_report(run), run.store.root / "report-html")
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
    print(f"  report        {seconds:7.1f} s, {busy:.1f} of the processor")
    print(f"  memory        {memory.grown / 1e6:7.0f} MB more at its peak")
    return [path for path in index.parent.rglob("*") if path.is_file()]


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as folder:
        many = plan(Path(folder) / "many", TASKS, SAMPLES // TASKS)
        fill(many, STEPS, SMALL)
        print(f"{SAMPLES} samples of {STEPS} steps (wanted: a report in <= 20 s)")
        files = report(many)
        size = sum(path.stat().st_size for path in files)
        print(f"  pages         {len(files):7d}, {size / 1e6:.1f} MB")
        one = plan(Path(folder) / "one", 1, 1)
        fill(one, LARGE_BYTES // (len(OUTPUT) + 2200), OUTPUT)
        (log,) = one.store.root.glob("samples/**/events.jsonl")
        print(f"one transcript of {log.stat().st_size / 1e6:.0f} MB")
        files = report(one)
        largest = max(path.stat().st_size for path in files)
        print(f"  pages         {len(files):7d}, the largest {largest / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
