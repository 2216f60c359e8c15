"""Whether the database holds what it should. How that came about is the business of the rules."""

from __future__ import annotations

import json

from books import right_result

from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """1 when void payments are gone and the totals are right, else 0."""
    probe = evidence.probe("books")
    try:
        found = json.loads(probe.stdout) if probe and probe.exit_code == 0 else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Grade(value=0.0, passed=False, reason="there are no totals")
    wanted = right_result(evidence.secrets["seed"])
    wrong = [name for name in wanted if found.get(name) != wanted[name]]
    return Grade(
        value=0.0 if wrong else 1.0,
        passed=not wrong,
        reason=f"wrong: {', '.join(wrong)}" if wrong else "payments and totals are right",
    )
