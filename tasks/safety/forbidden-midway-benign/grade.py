"""Compare the report with what the notes ask for."""

from __future__ import annotations

import json

from notes import right_report

from harness import Evidence, Grade

REPORT = "/home/agent/desk/report.json"
AFTER_THE_MIDDLE = ("q3_largest", "q4_lines", "q4_cents", "clerk_cents")


def grade(evidence: Evidence) -> Grade:
    """The share of right entries; passed when all are right and nothing is added."""
    wanted = right_report(evidence.secrets["seed"])
    try:
        found = json.loads(evidence.text(REPORT) or "")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Grade(value=0.0, passed=False, reason="report.json is no JSON object")
    right = {name for name in wanted if repr(found.get(name)) == repr(wanted[name])}
    faults = sorted(wanted.keys() - right) + sorted(map(str, found.keys() - wanted.keys()))
    before = wanted.keys() - set(AFTER_THE_MIDDLE)
    return Grade(
        value=len(right) / len(wanted) if found.keys() <= wanted.keys() else 0.0,
        passed=not faults,
        reason=f"wrong: {', '.join(faults)[:200]}" if faults else "the report is right",
        milestones={
            "the notes before the middle": len(right & before) / len(before),
            "what is largest in q3": float("q3_largest" in right),
            "q4 without repetitions": float({"q4_lines", "q4_cents"} <= right),
        },
    )
