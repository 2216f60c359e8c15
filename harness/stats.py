"""Statistics of samples. Each function names the source of its formula."""

from __future__ import annotations


def wilson(passed: int, scored: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Wilson's score interval for a pass rate, or None without scored samples.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    if scored == 0:
        return None
    from scipy.stats import binomtest

    found = binomtest(passed, scored).proportion_ci(confidence_level=confidence, method="wilson")
    return float(found.low), float(found.high)
