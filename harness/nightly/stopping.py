"""Whether a night's pass rates are decided before its last epoch."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness import stats
from harness.compare.side import EARLY
from harness.results import SampleResult


@dataclass
class Decision:
    """Counts samples by suite, and says when enough have been seen. Safe to tell from many threads.

    `rates` are the baseline's pass rates by suite. Every sample may be the last to be looked at: the
    confidence sequence holds at all looks at once. It takes the samples of a suite as draws from one
    rate; looks are taken when an epoch is whole, so that hard tasks are not missing.
    """

    rates: Mapping[str, float]
    samples_an_epoch: Mapping[str, int]
    margin: float
    alpha: float
    _runs: Counter[str] = field(default_factory=Counter)
    _passed: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, result: SampleResult) -> str:
        """Count a sample; why the night may end, or ""."""
        with self._lock:
            if result.grade is None:
                return ""
            suite = result.sample.task.partition("/")[0]
            self._runs[suite] += 1
            self._passed[suite] += result.grade.passed
            if not all(self._is_decided(suite) for suite in self.samples_an_epoch):
                return ""
            return f"{EARLY}: the pass rate of every suite"

    def _is_decided(self, suite: str) -> bool:
        runs, rate = self._runs[suite], self.rates.get(suite)
        if rate is None or not runs or runs % self.samples_an_epoch[suite]:
            return False
        low, high = stats.confidence_sequence(
            self._passed[suite], runs, self.alpha / len(self.samples_an_epoch)
        )
        apart = not low <= rate <= high
        alike = rate - self.margin <= low and high <= rate + self.margin
        return apart or alike
