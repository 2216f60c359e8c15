"""The command line as users call it, and the folder of troublesome content."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CONTENT = Path(__file__).parent / "content"
CHECKOUT = Path(__file__).resolve().parents[2]
HARNESS = str(Path(sys.executable).with_name("harness"))


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """Its standard output as JSON."""
        return dict(json.loads(self.out))

    def sample(self, task: str) -> dict[str, Any]:
        """The only sample of a task in its report."""
        (found,) = [each for each in self.report["samples"] if each["task"] == task]
        return dict(found)


@dataclass(frozen=True)
class CommandLine:
    """`harness`, with its runs in a folder of the test."""

    runs: Path

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("HARNESS_")}
        return {**clean, "HARNESS_RUNS": str(self.runs), "HARNESS_PATH": str(CONTENT), **extra}

    def __call__(self, *arguments: str, stdin: str = "", **extra: str) -> Ran:
        done = subprocess.run(
            [HARNESS, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            env=self._environment(extra),
            cwd=CHECKOUT,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[str]:
        """Start it and go on."""
        return subprocess.Popen(
            [HARNESS, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment(extra),
            cwd=CHECKOUT,
        )

    def run_folder(self, name: str) -> Path:
        """The folder of the only run of that name."""
        (found,) = self.runs.glob(f"*_{name}_*")
        return found


@pytest.fixture
def harness(tmp_path: Path) -> CommandLine:
    """The command line."""
    return CommandLine(tmp_path / "runs")


@pytest.fixture
def write_script(tmp_path: Path) -> Callable[..., str]:
    """Write a script of turns, each a list of (tool, input); gives its path."""

    def write(*turns: list[tuple[str, dict[str, Any]]]) -> str:
        path = tmp_path / "script.json"
        listed = [
            {"calls": [{"name": name, "input": given} for name, given in turn]} for turn in turns
        ]
        path.write_text(json.dumps({"schema": 1, "turns": listed}))
        return str(path)

    return write
