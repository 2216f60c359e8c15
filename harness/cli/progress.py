"""Progress on standard error: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.cli.common import say

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.progress import Progress
    from harness.results import SampleKey, SampleResult


class PlainProgress:
    """One line for each thing that happens."""

    def __init__(self) -> None:
        self._total = self._done = 0
        self._lock = threading.Lock()

    def preparing(self, text: str) -> None:
        """A line about preparations."""
        say(f"  {text}")

    def planned(self, total: int, done: int, jobs: int) -> None:
        """How much there is to do."""
        self._total, self._done = total, done
        before = f", {done} scored before" if done else ""
        say(f"{total} samples{before}, {jobs} at once")

    def started(self, key: SampleKey) -> None:
        """Nothing: the end of a sample is told."""

    def stepped(self, key: SampleKey, step: int) -> None:
        """Nothing."""

    def spent(self, usd: float | None, tokens: int) -> None:
        """Nothing."""

    def ended(self, result: SampleResult) -> None:
        """A sample's outcome in one line."""
        with self._lock:
            self._done += 1
            say(f"[{self._done}/{self._total}] {describe(result)}")

    def stopping(self, reason: str) -> None:
        """Why the run stops."""
        say(f"stopping: {reason}")


def describe(result: SampleResult) -> str:
    """A sample's outcome in one line."""
    outcome = f"score {result.grade.value:.2f}" if result.grade else "no score"
    passed = "passed" if result.grade and result.grade.passed else "not passed"
    seconds = sum(result.timings.values())
    why = result.error.message if result.error else result.grade.reason if result.grade else ""
    state = f"{result.status}, {passed if result.grade else outcome}"
    shown = f"{outcome}, " if result.grade else ""
    return f"{result.sample}: {state}, {shown}{result.usage.steps} steps, {seconds:.1f} s; {why}"


class LiveProgress:
    """A table that is drawn again and again: counts, running samples, spend, time left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, tuple[float, int]] = {}
        self._statuses: Counter[str] = Counter()
        self._note, self._usd, self._tokens = "", 0.0, 0
        self._total = self._before = self._passed = 0
        self._started = time.monotonic()

    def preparing(self, text: str) -> None:
        """A line about preparations."""
        self._note = text

    def planned(self, total: int, done: int, jobs: int) -> None:
        """How much there is to do."""
        self._total, self._before = total, done
        self._note = f"{jobs} at once"
        self._started = time.monotonic()

    def started(self, key: SampleKey) -> None:
        """A sample starts."""
        with self._lock:
            self._running[str(key)] = (time.monotonic(), 0)

    def stepped(self, key: SampleKey, step: int) -> None:
        """A sample takes a step."""
        with self._lock:
            began, _ = self._running.get(str(key), (time.monotonic(), 0))
            self._running[str(key)] = (began, step)

    def spent(self, usd: float | None, tokens: int) -> None:
        """A model call cost this much."""
        with self._lock:
            self._usd += usd or 0.0
            self._tokens += tokens

    def ended(self, result: SampleResult) -> None:
        """A sample ends."""
        with self._lock:
            self._running.pop(str(result.sample), None)
            self._statuses[str(result.status)] += 1
            self._passed += bool(result.grade and result.grade.passed)

    def stopping(self, reason: str) -> None:
        """Why the run stops."""
        self._note = f"stopping: {reason}"

    def __rich__(self) -> RenderableType:
        """The table as it is now."""
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        with self._lock:
            table.add_row(self._summary(), "", "")
            for name, (began, step) in sorted(self._running.items()):
                table.add_row(f"  {name}", f"step {step}", f"{time.monotonic() - began:.0f} s")
        return table

    def _summary(self) -> str:
        done = sum(self._statuses.values())
        parts = [f"{done + self._before}/{self._total} done, {self._passed} passed"]
        parts += [f"{count} {status}" for status, count in self._statuses.items()]
        if self._tokens:
            parts.append(f"${self._usd:.2f}, {self._tokens} tokens")
        left = self._total - self._before - done
        if done and left:
            parts.append(f"about {(time.monotonic() - self._started) / done * left:.0f} s left")
        return " | ".join([*parts, self._note] if self._note else parts)


@contextmanager
def open_progress(*, quiet: bool = False) -> Iterator[Progress]:
    """The progress that fits standard error; `quiet` never redraws."""
    if quiet or not sys.stderr.isatty():
        yield PlainProgress()
        return
    from rich.console import Console
    from rich.live import Live

    progress = LiveProgress()
    console = Console(stderr=True, markup=False, emoji=False)
    with Live(progress, console=console, refresh_per_second=4, transient=True):
        yield progress
