from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """Break."""
    return evidence.nothing_of_the_sort
