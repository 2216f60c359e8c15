"""One run as a comparison sees it: its arms, the tasks of each, and what they were made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.report.build import build_report
from harness.run import Run

Sample = Mapping[str, Any]
# How the reason begins for which a run ended before its last epoch.
EARLY = "decided early"


@dataclass(frozen=True, order=True)
class Arm:
    """A model and an agent."""

    model: str
    agent: str

    def __str__(self) -> str:
        return self.agent if self.model == "none" else f"{self.model} {self.agent}"


@dataclass(frozen=True, order=True)
class TaskName:
    """A task in one variant."""

    task: str
    variant: str

    @property
    def suite(self) -> str:
        """The suite it belongs to."""
        return self.task.partition("/")[0]

    def __str__(self) -> str:
        return self.task if self.variant == "default" else f"{self.task} {self.variant}"


@dataclass(frozen=True)
class TaskRuns:
    """The samples of one task, variant and arm; `made_of` are digests and names by what they tell."""

    planned: int
    samples: Sequence[Sample]
    family: str
    made_of: Mapping[str, Any]

    def values(self, measure: str) -> list[float]:
        """The measure of each sample with a score."""
        return [float(each[measure]) for each in self.samples if each["score"] is not None]

    @property
    def unscored(self) -> int:
        """Planned samples that have no score."""
        return self.planned - sum(each["score"] is not None for each in self.samples)


@dataclass(frozen=True)
class Side:
    """A run, read."""

    run: Mapping[str, Any]
    arms: Mapping[Arm, Mapping[TaskName, TaskRuns]]
    settings: Mapping[str, Any]


def read_side(run: Run) -> Side:
    """What a run says, by its first grades. Raises StoreError."""
    report = build_report(run)
    arms: dict[Arm, dict[TaskName, TaskRuns]] = {}
    by_group: dict[tuple[str, ...], list[Sample]] = {}
    for sample in report["samples"]:
        by_group.setdefault(_group(sample), []).append(sample)
    for row in report["tasks"]:
        samples = by_group.get(_group(row), [])
        arm, name = Arm(row["model"], row["agent"]), TaskName(row["task"], row["variant"])
        family = f"{name.suite} {run.tasks[name.task].environment.name}"
        # What was not begun since the outcome was decided is nobody's trouble.
        early = str(report["run"]["ended"]).startswith(EARLY)
        planned = len(samples) if early else row["samples"]
        if planned:
            made_of = _made_of(run, row, samples)
            arms.setdefault(arm, {})[name] = TaskRuns(planned, samples, family, made_of)
    settings = run.record["config"]["settings"]
    return Side(report["run"], arms, settings)


def _group(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("task", "variant", "model", "agent"))


def _made_of(run: Run, row: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, Any]:
    """What has to be the same for two numbers to mean the same."""
    task = run.record["tasks"][row["task"]]
    overrides = {
        name: value for name, value in run.record["config"]["limits"].items() if value is not None
    }
    return {
        "task": task["digest"],
        "environment": task["environment_digest"],
        "images": run.record["images"].get(task["environment"], {}),
        "limits": {**task["limits"], **overrides},
        "agent": {row["agent"]: run.record["agents"][row["agent"]]},
        "model": sorted({name for each in samples for name in each["models_returned"]}),
        "settings": run.record["config"]["settings"],
        "harness": run.record["harness"],
    }
