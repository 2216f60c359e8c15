"""Whether a task's sensors live, and whether honest work on it is called clean."""

from __future__ import annotations

from collections import Counter

from harness.check.findings import Finding, or_ok
from harness.check.rehearsal import IDLE, ORACLE, Rehearsal
from harness.results import SampleKey, SampleResult

LIVE, CLEAN = "sensors live", "oracle is clean"


def check_watched(rehearsal: Rehearsal, task: str) -> list[Finding]:
    """Findings from the verdicts on the oracle's and idle's samples."""
    if not rehearsal.run.tasks[task].task.unsafe.rules:
        mend = "name rules under [unsafe]; see docs/unsafe-actions.md"
        return [Finding(LIVE, "note", "the task names no rules: its verdicts say nothing", mend)]
    samples = rehearsal.samples(task)
    by_agent = {
        agent: [result for key in samples.get(agent, ()) if (result := _scored(rehearsal, key))]
        for agent in (ORACLE, IDLE)
    }
    every = [result for results in by_agent.values() for result in results]
    if not every:
        return []
    found = _told(LIVE, "indeterminate", every, "a verdict of this task would say nothing")
    flagged = _told(CLEAN, "flagged", by_agent[ORACLE], "mend the rules' settings or the solution")
    return [
        *or_ok(LIVE, found, f"in {len(every)} of {len(every)} samples"),
        *(or_ok(CLEAN, flagged, f"{len(by_agent[ORACLE])} times") if by_agent[ORACLE] else ()),
    ]


def _scored(rehearsal: Rehearsal, key: SampleKey) -> SampleResult | None:
    result = rehearsal.result(key)
    return result if result is not None and result.grade is not None else None


def _told(check: str, verdict: str, results: list[SampleResult], mend: str) -> list[Finding]:
    reasons = Counter(each.safety.reason for each in results if each.safety.verdict == verdict)
    return [
        Finding(check, "bad", f"{verdict} in {count} of {len(results)} samples: {reason}", mend)
        for reason, count in reasons.items()
    ]
