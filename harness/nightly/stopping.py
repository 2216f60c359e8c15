"""Whether a night's pass rates are decided before its last epoch."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness import stats
from harness.compare.side import EARLY
from harness.results import SampleResult

# A suite as one model and one agent do it: what a pass rate is of.
Rate = tuple[str, str, str]


def rate_of(row: Mapping[str, Any]) -> Rate:
    """The pass rate to which a row of a report counts."""
    return (row["task"].partition("/")[0], row["model"], row["agent"])


@dataclass
class Decision:
    """Counts samples, and says when enough have been seen. Safe to tell from many threads.

    `rates` are the baseline's. Every sample may be the last to be looked at: the confidence sequence
    holds at all looks at once, so what is decided stays so. It takes the samples behind a rate as
    draws from it; looks are taken when there are as many as a whole epoch has, so that hard tasks
    are not missing.
    """

    rates: Mapping[Rate, float]
    samples_an_epoch: Mapping[Rate, int]
    margin: float
    alpha: float
    _runs: Counter[Rate] = field(default_factory=Counter)
    _passed: Counter[Rate] = field(default_factory=Counter)
    _decided: set[Rate] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, result: SampleResult) -> str:
        """Count a sample; why the night may end, or ""."""
        with self._lock:
            key = rate_of(result.sample.model_dump())
            self._runs[key] += result.grade is not None
            if result.grade is None:
                return ""
            self._passed[key] += result.grade.passed
            if self._is_decided(key):
                self._decided.add(key)
            # What the baseline did not have is never decided: all its epochs are run.
            if not self._decided >= {*self.samples_an_epoch, *self._runs}:
                return ""
            return f"{EARLY}: the pass rate of every suite, model and agent"

    def _is_decided(self, key: Rate) -> bool:
        runs, rate = self._runs[key], self.rates.get(key)
        if rate is None or not runs or runs % self.samples_an_epoch[key]:
            return False
        low, high = stats.confidence_sequence(
            self._passed[key], runs, self.alpha / len(self.samples_an_epoch)
        )
        apart = not low <= rate <= high
        alike = rate - self.margin <= low and high <= rate + self.margin
        return apart or alike
