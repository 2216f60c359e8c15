"""Waits for the report to be JSON."""

import json

from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """Pass for the right sum."""
    text = evidence.text("/tmp/report.json") or "{}"
    while text.startswith("A"):
        pass
    try:
        good = json.loads(text) == {"sum": 42}
    except (ValueError, RecursionError):
        good = False
    return Grade(value=float(good), passed=good, reason="42" if good else "not 42")
