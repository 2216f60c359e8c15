"""A run with samples of every fate, made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.content.roots import Roots
from harness.results import Failure, Grade, SampleKey, Status, Usage
from harness.run import Run
from harness.testing.content import write_agent, write_content, write_task
from harness.testing.runs import write_attempt, write_run


def passed(*, yes: bool = True) -> Grade:
    """A grade."""
    return Grade(value=float(yes), passed=yes, reason="it is right" if yes else "it is wrong")


def failure(status: Status = Status.SANDBOX_ERROR) -> dict[str, Any]:
    """What a result without a score holds."""
    blame = str(status).partition("_")[0]
    error = Failure(blame=blame, message=f"{blame} of demo: it broke; mend it", detail="more")
    return {"status": status, "error": error}


@pytest.fixture
def planned(tmp_path: Path) -> Run:
    """Two tasks, one agent, five epochs: nothing has run yet."""
    root = tmp_path / "root"
    write_content(root)
    write_task(root, "demo/second")
    write_agent(root, "idle")
    return write_run(tmp_path / "runs", Roots((root,)), epochs=5, name="probe")


@pytest.fixture
def mixed(planned: Run) -> Run:
    """demo/first: two passes, a fail at a limit, a sandbox error, one not run.

    demo/second: one attempt lost and then passed, a cancellation, the rest not run.
    """
    first = [key for key in planned.samples if key.task == "demo/first"]
    second = [key for key in planned.samples if key.task == "demo/second"]
    write_attempt(planned, first[0], grade=passed(), usage=Usage(steps=4, input_tokens=7, usd=0.5))
    write_attempt(planned, first[1], grade=passed(), usage=Usage(steps=2, usd=0.25))
    limit = {"status": Status.LIMIT, "limit": "steps"}
    write_attempt(planned, first[2], grade=passed(yes=False), **limit)
    write_attempt(planned, first[3], **failure())
    write_attempt(planned, second[0], **failure(Status.MODEL_ERROR))
    write_attempt(planned, second[0], grade=passed())
    write_attempt(planned, second[1], status=Status.CANCELLED)
    return planned


@pytest.fixture
def keys(planned: Run) -> list[SampleKey]:
    """The samples of that run."""
    return list(planned.samples)
