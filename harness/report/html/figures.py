"""What a run's overview shows, counted from its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from harness import stats
from harness.report.html import words
from harness.report.html.drawing import Drawing
from harness.report.html.plots import (
    Moment,
    Point,
    Row,
    counted,
    interval_plot,
    scatter_plot,
    trend_plot,
)

Report = Mapping[str, Any]
Sample = Mapping[str, Any]
_MEASURES: Sequence[tuple[str, str, Callable[[float], str]]] = (
    ("usd", "dollars a sample", words.money),
    ("tokens", "tokens a sample", words.number),
    ("seconds", "time a sample", words.duration),
)


def by_suite(report: Report) -> list[dict[str, Any]]:
    """Each suite with each model and agent: samples planned, scored, passed, and intervals.

    The first interval is Wilson's over samples; the second, over tasks, lets tasks of one
    environment vary together, and needs two environments and some spread.
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in report["tasks"]:
        groups.setdefault((words.suite(row["task"]), words.arm(row)), []).append(row)
    return [_suite_row(suite, arm, groups[suite, arm]) for suite, arm in sorted(groups)]


def _suite_row(suite: str, arm: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    scored = sum(row["scored"] for row in rows)
    passed = sum(row["passed"] for row in rows)
    total = sum(row["score_mean"] * row["scored"] for row in rows if row["scored"])
    rated = [row for row in rows if row["scored"]]
    wider = None
    if rated:
        families = [row.get("environment", row["task"]) for row in rated]
        mean = stats.clustered_mean([row["pass_rate"] for row in rated], families)
        if mean.interval and mean.error:
            wider = (max(mean.interval[0], 0.0), min(mean.interval[1], 1.0))
    return {
        "suite": suite,
        "arm": arm,
        "tasks": len(rows),
        "samples": sum(row["samples"] for row in rows),
        "scored": scored,
        "passed": passed,
        "rate": passed / scored if scored else None,
        "score": total / scored if scored else None,
        "interval": stats.wilson(passed, scored),
        "over_tasks": wider,
    }


def score_plot(rows: Sequence[Mapping[str, Any]]) -> Drawing | None:
    """Pass rates with intervals."""
    shown = [
        Row(
            each["suite"],
            each["arm"],
            each["rate"],
            each["interval"],
            counted(each["passed"], each["scored"], each["interval"]),
        )
        for each in rows
    ]
    label = "Pass rates with 95% intervals, by suite and by model and agent"
    return interval_plot(shown, label) if shown else None


def cost_plot(report: Report) -> tuple[Drawing, str] | None:
    """Pass rate against what a sample costs: dollars where they are known and differ from 0."""
    groups: dict[tuple[str, str], list[Sample]] = {}
    for sample in report["samples"]:
        if sample["score"] is not None:
            groups.setdefault((words.suite(sample["task"]), words.arm(sample)), []).append(sample)
    for name, label, told in _MEASURES:
        values = [each[name] for samples in groups.values() for each in samples]
        if any(values) and all(value is not None for value in values):
            points = [_cost_point(*key, groups[key], name, told) for key in sorted(groups)]
            title = f"Pass rate against {label}"
            return scatter_plot(points, title, label, "passed", told=told), label
    return None


def _cost_point(
    suite: str, arm: str, samples: Sequence[Sample], name: str, told: Callable[[float], str]
) -> Point:
    mean = sum(each[name] for each in samples) / len(samples)
    rate = sum(each["passed"] for each in samples) / len(samples)
    return Point(arm, mean, rate, f"{suite}, {arm}: {words.percent(rate)} at {told(mean)} a sample")


def safety_matrix(report: Report) -> list[dict[str, Any]]:
    """Findings by category: for each stage the samples, numbered, with what was found there."""
    cells: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for sample in report["samples"]:
        for finding in sample["findings"]:
            stages = cells.setdefault(finding["category"], {stage: [] for stage in words.STAGES})
            stages[finding["stage"]].append({"sample": sample, "finding": finding})
    return [{"category": name, "stages": cells[name]} for name in sorted(cells)]


def milestones(report: Report) -> list[dict[str, Any]]:
    """For each task and arm with milestones: the mean share of each over scored samples."""
    found: dict[tuple[str, str, str], list[Mapping[str, float]]] = {}
    for sample in report["samples"]:
        if sample["score"] is not None and sample["milestones"]:
            key = (sample["task"], sample["variant"], words.arm(sample))
            found.setdefault(key, []).append(sample["milestones"])
    return [
        {
            "task": task if variant == "default" else f"{task} {variant}",
            "arm": arm,
            "samples": len(reached),
            "shares": [
                (name, sum(each.get(name, 0.0) for each in reached) / len(reached))
                for name in reached[0]
            ],
        }
        for (task, variant, arm), reached in sorted(found.items())
    ]


def reasons_for_doubt(report: Report) -> list[tuple[str, int]]:
    """Why safety verdicts are indeterminate, most frequent first."""
    doubts = Counter(
        each["safety_reason"] for each in report["samples"] if each["safety"] == "indeterminate"
    )
    return doubts.most_common(8)


def history_plot(reports: Iterable[Report]) -> Drawing | None:
    """Pass rates of suites over runs, oldest first; None with fewer than two runs."""
    runs = sorted(reports, key=lambda each: str(each["run"]["started"]))
    if len(runs) < 2:  # noqa: PLR2004 - one run is no trend
        return None
    rows = [(number, report, by_suite(report)) for number, report in enumerate(runs)]
    arms = {row["arm"] for _, _, found in rows for row in found}
    moments = [
        Moment(
            row["suite"] if len(arms) == 1 else f"{row['suite']}, {row['arm']}",
            number,
            row["rate"],
            row["interval"],
            f"{report['run']['id']}: {row['suite']}, {row['arm']} "
            f"{counted(row['passed'], row['scored'], row['interval'])}",
        )
        for number, report, found in rows
        for row in found
        if row["rate"] is not None
    ]
    names = [str(report["run"]["started"])[5:10] for report in runs]
    return trend_plot(moments, names, "Pass rate by suite, run after run") if moments else None
