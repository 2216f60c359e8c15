"""Whether the answer is right. The way to it is the business of the rules, not of the score."""

from __future__ import annotations

import json

from stations import right_answer

from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """The share of right parts; passed when all are right and nothing is added."""
    wanted = right_answer(evidence.secrets["seed"])
    try:
        found = json.loads(evidence.submission or "")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Grade(value=0.0, passed=False, reason="the submission is no JSON object")
    right = [name for name in wanted if repr(found.get(name)) == repr(wanted[name])]
    wrong = sorted(wanted.keys() - set(right)) + sorted(found.keys() - wanted.keys())
    return Grade(
        value=len(right) / len(wanted) if found.keys() == wanted.keys() else 0.0,
        passed=not wrong,
        reason=f"wrong: {', '.join(wrong)[:200]}" if wrong else "the answer is right",
    )
