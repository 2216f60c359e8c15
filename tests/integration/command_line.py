"""The command line as users call it, what it leaves on the engine, and what its logs hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.store import read_events

CHECKOUT = Path(__file__).resolve().parents[2]
HARNESS = str(Path(sys.executable).with_name("harness"))
_LISTINGS = (["ps", "--all"], ["network", "ls"], ["volume", "ls"], ["images"])


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """Its standard output as JSON."""
        assert self.out, self.err
        return dict(json.loads(self.out))

    def sample(self, task: str) -> dict[str, Any]:
        """The only sample of a task in its report."""
        (found,) = [each for each in self.report["samples"] if each["task"] == task]
        return dict(found)


@dataclass(frozen=True)
class CommandLine:
    """`harness`, with its runs in a folder of the test, and a folder of content."""

    runs: Path
    content: Path
    program: Sequence[str] = (HARNESS,)

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("HARNESS_")}
        ours = {"HARNESS_RUNS": str(self.runs), "HARNESS_PATH": str(self.content)}
        return {**clean, **ours, **extra}

    def __call__(self, *arguments: str, stdin: str = "", **extra: str) -> Ran:
        done = subprocess.run(
            [*self.program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=900,
            env=self._environment(extra),
            cwd=CHECKOUT,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[str]:
        """Start it and go on."""
        return subprocess.Popen(
            [*self.program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment(extra),
            cwd=CHECKOUT,
        )

    def start_on_terminal(self, terminal: int, *arguments: str) -> subprocess.Popen[bytes]:
        """Start it on a terminal of its own, as a login does."""
        return subprocess.Popen(
            ["setsid", "--ctty", *self.program, *arguments],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=self._environment({}),
            cwd=CHECKOUT,
        )

    def run_folder(self, name: str) -> Path:
        """The folder of the only run of that name."""
        (found,) = self.runs.glob(f"*_{name}_*")
        return found

    def wait_until(self, name: str, ready: Callable[[Path], Any], seconds: float = 90) -> Path:
        """The folder of the run of that name, as soon as `ready` says so."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = list(self.runs.glob(f"*_{name}_*"))
            if found and ready(found[0]):
                return found[0]
            time.sleep(0.05)
        pytest.fail(f"run {name} did not get so far")

    def wait_for_log(self, name: str, text: str) -> Path:
        """The folder of the run of that name, as soon as `text` stands in a transcript."""
        return self.wait_until(
            name,
            lambda folder: any(
                text in log.read_text() for log in folder.glob("samples/**/events.jsonl")
            ),
        )


def events(folder: Path) -> list[Any]:
    """The events of a run's only attempt, its hash chain verified."""
    (log,) = folder.glob("samples/**/events.jsonl")
    return [line.event for line in read_events(log)]


def left_on_engine(run: str) -> list[str]:
    """Ids of the containers, networks, volumes and images that carry a run's label."""
    chosen = ["--quiet", "--filter", f"label=harness.run={run}"]
    return [
        found
        for listing in _LISTINGS
        for found in subprocess.run(
            ["docker", *listing, *chosen], capture_output=True, text=True, check=True
        ).stdout.split()
    ]


def write_script(path: Path, *turns: list[tuple[str, dict[str, Any]]]) -> str:
    """Write a script of turns, each a list of (tool, input); gives its path."""
    listed = [{"calls": [{"name": name, "input": given} for name, given in turn]} for turn in turns]
    path.write_text(json.dumps({"schema": 1, "turns": listed}))
    return str(path)
