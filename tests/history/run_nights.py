"""Run folders made by the store, as nights that say when they started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.content.roots import Roots
from harness.events import AttemptFinished, RunFinished, RunStarted
from harness.results import Grade, SampleKey
from harness.run import Run
from harness.store import Transcript, read_json, write_json
from harness.testing.content import TASK, write_agent, write_content, write_task
from harness.testing.runs import write_attempt, write_run


def passed(*, yes: bool = True) -> Grade:
    """A grade."""
    return Grade(value=float(yes), passed=yes, reason="it is right" if yes else "it is wrong")


def attempt(run: Run, key: SampleKey, **fields: Any) -> None:
    """One more attempt, told in the run's log as the runner tells it."""
    made = write_attempt(run, key, **fields)
    result = made.read_result()
    assert result
    score = result.grade.value if result.grade else None
    tell(
        run,
        AttemptFinished(sample=key, attempt=made.number, status=result.status, score=score),
    )


def tell(run: Run, event: Any) -> None:
    """A line in the run's log."""
    log = Transcript(run.store.events)
    log.append(event)
    log.close()


class Nights:
    """A folder of runs that can be told when they started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "runs"
        self.root = folder / "root"
        write_content(self.root)
        write_task(self.root, "demo/second")
        write_task(
            self.root,
            "other/third",
            TASK.replace('skills = ["web"]', 'skills = ["web"]\nhuman_minutes = 12'),
        )
        write_agent(self.root, "idle")
        write_agent(self.root, "busy")

    def plan(self, started: str, name: str = "nightly", **config: Any) -> Run:
        """A run that says it started then; nothing has run yet."""
        given = {"epochs": 2, "selectors": ["demo"], **config}
        run = write_run(self.folder, Roots((self.root,)), name=name, **given)
        path = run.store.root / "run.json"
        write_json(path, {**read_json(path), "started": started})
        tell(run, RunStarted(resumed=False, process="pid 1"))
        return run

    def night(self, started: str, first: str, second: str = "pp", **config: Any) -> Run:
        """A finished run: for each epoch of demo/first and demo/second p, f or - for no score."""
        run = self.plan(started, **config)
        for key in run.samples:
            fate = (first if key.task == "demo/first" else second)[key.epoch - 1]
            lost = {"status": "sandbox_error"} if fate == "-" else {}
            grade = None if lost else passed(yes=fate == "p")
            attempt(run, key, grade=grade, **lost)
        tell(run, RunFinished(reason="done"))
        return run
