"""Takes the verdict from a file that the agent can write."""

import json

from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """Pass when the report says so."""
    report = json.loads(evidence.text("/tmp/report.json") or "{}")
    good = bool(report.get("passed") or report.get("sum") == 42)
    return Grade(value=float(good), passed=good, reason="the report says so" if good else "no")
