"""The command line called in this process, in a folder with nothing but a test's content."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.content.roots import Roots
from harness.testing.content import write_agent, write_content

_VARIABLES = (
    "HARNESS_PATH",
    "HARNESS_RUNS",
    "HARNESS_INDEX",
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "DOCKER_CONTEXT",
)


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, no engine, no key."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run `harness` with these arguments."""

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["harness", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        shown = capsys.readouterr()
        return Ran(int(end.value.code or 0), shown.out, shown.err)

    return run


@pytest.fixture
def cli_process() -> Cli:
    """Run `harness` as a process of its own, for what leaves things behind in its process."""

    def run(*arguments: str, stdout: int = subprocess.PIPE) -> Ran:
        done = subprocess.run(
            [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout or "", done.stderr)

    return run


@pytest.fixture
def root(here: Path) -> Path:
    """The working folder, with an environment, a task and an agent of its own."""
    write_content(here)
    write_agent(here, "swift")
    return here


@pytest.fixture
def roots(root: Path) -> Roots:
    """That folder alone."""
    return Roots((root,))
