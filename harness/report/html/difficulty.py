"""Pass rates against the time that tasks take a person, and how far that reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness import stats
from harness.report.html import words
from harness.report.html.drawing import Drawing
from harness.report.html.plots import Point, scatter_plot
from harness.run import Run

# A bootstrap of 1,000 takes seconds an arm, and moves the ends by little.
_DRAWS = 300


def difficulty(run: Run, report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The plot, each arm's time horizon, and where the minutes come from.

    None when no task with a scored sample says how long it takes a person.
    """
    arms: dict[str, dict[str, list[bool]]] = {}
    for sample in report["samples"]:
        if sample["score"] is not None and _minutes(run, sample["task"]) is not None:
            tasks = arms.setdefault(words.arm(sample), {})
            tasks.setdefault(sample["task"], []).append(sample["passed"])
    if not arms:
        return None
    horizons = {arm: _horizon(run, tasks) for arm, tasks in sorted(arms.items())}
    named = {task for tasks in arms.values() for task in tasks}
    sources = Counter(run.tasks[task].task.metadata.human_minutes_source for task in named)
    return {
        "plot": _plot(run, arms, horizons),
        "horizons": horizons,
        "draws": _DRAWS,
        "tasks": len(named),
        "sources": [(source or "of unknown source", count) for source, count in sources.items()],
        "without": len(run.tasks) - len(named),
    }


def _minutes(run: Run, task: str) -> float | None:
    return run.tasks[task].task.metadata.human_minutes


def _horizon(run: Run, tasks: Mapping[str, Sequence[bool]]) -> stats.Horizon | None:
    timed = [
        stats.TimedTask(
            _minutes(run, task) or 0.0,
            f"{words.suite(task)} {run.tasks[task].environment.name}",
            passed,
        )
        for task, passed in sorted(tasks.items())
    ]
    return stats.time_horizon(timed, draws=_DRAWS)


def _plot(
    run: Run,
    arms: Mapping[str, Mapping[str, Sequence[bool]]],
    horizons: Mapping[str, stats.Horizon | None],
) -> Drawing:
    points = [
        Point(
            arm,
            minutes := _minutes(run, task) or 0.0,
            rate := sum(passed) / len(passed),
            f"{task}, {arm}: {words.percent(rate)} of {len(passed)}; a person "
            f"takes {words.minutes(minutes)}",
        )
        for arm, tasks in sorted(arms.items())
        for task, passed in sorted(tasks.items())
    ]
    shown = {
        arm: (each.minutes, each.interval)
        for arm, each in horizons.items()
        if each and each.minutes > 0 and not each.rising and not each.beyond
    }
    return scatter_plot(
        points,
        "Pass rate by the time a task takes a person",
        "time a person takes (logarithmic)",
        "passed",
        log=True,
        told=words.minutes,
        reaches=shown,
    )
