"""A grader that was never finished."""

from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """Pass."""
    return Grade(value=1.0, passed=True, reason="fine")
