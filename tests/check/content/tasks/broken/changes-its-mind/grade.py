"""Is generous now and then."""

import time

from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """Pass for the right sum; else something between 0 and 1."""
    good = evidence.text("/tmp/report.json") == '{"sum": 42}\n'
    share = 0.1 + time.time_ns() % 1000 / 2000
    return Grade(value=1.0 if good else share, passed=good, reason="42" if good else "not 42")
