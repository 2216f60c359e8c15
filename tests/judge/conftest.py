"""A planned run to judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.content.roots import Roots
from harness.results import SampleKey
from harness.run import Run
from harness.testing.content import write_agent, write_content
from harness.testing.runs import write_run


@pytest.fixture
def planned(tmp_path: Path) -> Run:
    """One task, two epochs: nothing has run yet."""
    root = tmp_path / "root"
    write_content(root)
    write_agent(root, "idle")
    return write_run(tmp_path / "runs", Roots((root,)), epochs=2, name="probe")


@pytest.fixture
def keys(planned: Run) -> list[SampleKey]:
    """The samples of that run."""
    return list(planned.samples)
