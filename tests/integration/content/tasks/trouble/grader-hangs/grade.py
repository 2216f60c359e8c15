import time

from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """Never answer."""
    time.sleep(600)
    return Grade(value=1, passed=True, reason=evidence.submission or "")
