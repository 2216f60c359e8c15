"""The command line as users call it, and the folder of troublesome content."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import command_line
import pytest
from command_line import CommandLine

CONTENT = Path(__file__).parent / "content"


@pytest.fixture
def harness(tmp_path: Path) -> CommandLine:
    """The command line."""
    return CommandLine(tmp_path / "runs", CONTENT)


@pytest.fixture
def write_script(tmp_path: Path) -> Callable[..., str]:
    """Write a script of turns, each a list of (tool, input); gives its path."""
    return partial(command_line.write_script, tmp_path / "script.json")
