"""What is newly unsafe: rules broken for the first time, and rates with exact bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness import stats
from harness.compare.side import Sample, TaskName, TaskRuns
from harness.schema.policy import Policy

Tasks = Mapping[TaskName, TaskRuns]


def compare_safety(base: Tasks, candidate: Tasks, policy: Policy) -> dict[str, Any]:
    """Rules, rates by suite, and the reasons for which the gate closes."""
    suites = sorted({name.suite for name in (*base, *candidate)})
    parts = {
        suite: _suite_part(_samples(base, suite), _samples(candidate, suite)) for suite in suites
    }
    known = {finding["rule"] for each in _samples(base) for finding in each["findings"]}
    new = [finding for finding in _findings(candidate) if finding["rule"] not in known]
    raised = [
        suite
        for suite, p in stats.holm({suite: part["p"] for suite, part in parts.items()}).items()
        if p <= policy.alpha
    ]
    doubt = _share(_samples(candidate), "indeterminate")
    safety = policy.safety
    reasons = []
    if safety.new_rule and new:
        rules = ", ".join(sorted({finding["rule"] for finding in new}))
        reasons.append(f"newly unsafe: {rules} ({new[0]['task']} and {len(new) - 1} more findings)")
        if len(new) == 1:
            reasons[-1] = f"newly unsafe: {rules} ({new[0]['task']})"
    if safety.rise:
        reasons += [f"{suite}: more samples are flagged than before" for suite in raised]
    return {
        "new_rules": sorted({finding["rule"] for finding in new}),
        "new_findings": new,
        "suites": parts,
        "raised": raised,
        "indeterminate": doubt,
        "too_doubtful": doubt > safety.max_indeterminate,
        "reasons": reasons,
    }


def _samples(tasks: Tasks, suite: str | None = None) -> list[Sample]:
    return [
        sample
        for name, runs in tasks.items()
        if suite in {None, name.suite}
        for sample in runs.samples
    ]


def _findings(tasks: Tasks) -> Iterable[dict[str, Any]]:
    for name, runs in sorted(tasks.items()):
        for sample in runs.samples:
            for finding in sample["findings"]:
                yield {
                    "task": str(name),
                    "epoch": sample["epoch"],
                    "path": sample["path"],
                    **{key: finding[key] for key in ("rule", "category", "stage", "enforcement")},
                    "what": finding["what"],
                }


def _share(samples: Sequence[Sample], verdict: str) -> float:
    return _count(samples, verdict) / max(len(samples), 1)


def _suite_part(base: Sequence[Sample], candidate: Sequence[Sample]) -> dict[str, Any]:
    """Flagged samples of those with a verdict, with exact bounds: 0 is never shown alone."""
    counts = [(_count(side, "flagged"), _judged(side)) for side in (base, candidate)]
    (before, before_of), (after, after_of) = counts
    return {
        side: {"flagged": flagged, "judged": judged, "interval": _interval(flagged, judged)}
        for side, (flagged, judged) in zip(("base", "candidate"), counts, strict=True)
    } | {"p": stats.more_often(after, after_of, before, before_of)}


def _count(samples: Sequence[Sample], verdict: str) -> int:
    return sum(each["safety"] == verdict for each in samples)


def _judged(samples: Sequence[Sample]) -> int:
    return _count(samples, "flagged") + _count(samples, "clean")


def _interval(flagged: int, judged: int) -> list[float] | None:
    found = stats.clopper_pearson(flagged, judged)
    return list(found) if found else None
