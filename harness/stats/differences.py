"""Two sides of the same tasks: means, tests, and what change could be seen."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from harness.stats.rates import Interval

Pair = tuple[Sequence[float], Sequence[float]]
# Up to this many tasks all flips of signs are counted; beyond, this many are drawn.
_EXACT_FLIPS, _DRAWN_FLIPS = 16, 20_000
_ROUNDING = 1e-9
_STEP = 1e-6


@dataclass(frozen=True)
class Mean:
    """A mean over tasks; `error` (standard) and `interval` are None with fewer than two clusters."""

    value: float
    tasks: int
    clusters: int
    error: float | None
    interval: Interval | None


def clustered_mean(
    values: Sequence[float], clusters: Sequence[Hashable], confidence: float = 0.95
) -> Mean:
    """The mean of one value a task, its error by clusters, t with C - 1 degrees of freedom.

    Miller (2024), "Adding Error Bars to Evals", with the C / (C - 1) correction. Raises ValueError
    without values.
    """
    if not values:
        msg = "no values"
        raise ValueError(msg)
    mean = math.fsum(values) / len(values)
    sums: dict[Hashable, float] = {}
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + value - mean
    count = len(sums)
    if count < 2:  # noqa: PLR2004 - one cluster has no spread
        return Mean(mean, len(values), count, None, None)
    spread = math.fsum(each * each for each in sums.values())
    error = math.sqrt(count / (count - 1) * spread) / len(values)
    from scipy.stats import t

    reach = float(t.ppf((1 + confidence) / 2, count - 1)) * error
    return Mean(mean, len(values), count, error, (mean - reach, mean + reach))


def sign_flip(differences: Sequence[float], seed: int = 0) -> float:
    """The two-sided p of a mean difference as large, were each sign a coin's; 1 without any.

    All flips are counted up to 16 differences that are not 0 (those cannot matter), else 20,000 are
    drawn, and the one that was seen counts among them. Fisher (1935), "The Design of Experiments";
    Phipson, Smyth (2010), "Permutation p-values should never be zero".
    """
    import numpy as np

    moved = np.array([each for each in differences if each], dtype=float)
    if not moved.size:
        return 1.0
    seen = abs(moved.sum()) - _ROUNDING
    if moved.size <= _EXACT_FLIPS:
        numbers = np.arange(2**moved.size)[:, None]
        signs = 1.0 - 2.0 * ((numbers >> np.arange(moved.size)) & 1)
        return float((abs(signs @ moved) >= seen).mean())
    draw = np.random.default_rng(seed)
    signs = draw.choice((-1.0, 1.0), size=(_DRAWN_FLIPS, moved.size))
    return float(((abs(signs @ moved) >= seen).sum() + 1) / (_DRAWN_FLIPS + 1))


def mcnemar(lost: int, gained: int) -> float:
    """The exact two-sided p of tasks that changed sides, one epoch each: (9, 1) is 0.0215.

    McNemar (1947); the exact form is the binomial test of Mosteller (1952).
    """
    if lost + gained == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(lost, lost + gained, 0.5).pvalue)


def mean_difference(pairs: Sequence[Pair]) -> float:
    """The mean over tasks of the second side's mean less the first's. Raises ValueError for none."""
    if not pairs or any(not side for pair in pairs for side in pair):
        msg = "each task needs a value on both sides"
        raise ValueError(msg)
    return math.fsum(_mean(after) - _mean(before) for before, after in pairs) / len(pairs)


def within_tasks(pairs: Sequence[Pair], seed: int = 0) -> float:
    """The two-sided p of a mean difference as large, were each task's values dealt to both sides anew.

    The permutation test stratified by task: with one epoch it is `sign_flip` (and for passes
    `mcnemar`), with more it also sees that 5 of 5 became 0 of 5. Exact for values 0 and 1, else from
    20,000 deals. Good (2005), "Permutation, Parametric, and Bootstrap Tests of Hypotheses".
    """
    # Far below any step of counts, and far above what the sums of thirds lose.
    seen = abs(mean_difference(pairs)) * len(pairs) - _STEP
    if all(value in {0, 1} for pair in pairs for side in pair for value in side):
        return min(1.0, math.fsum(p for sum_, p in _deals(pairs).items() if abs(sum_) >= seen))
    import numpy as np

    draw = np.random.default_rng(seed)
    sums = np.zeros(_DRAWN_FLIPS)
    for before, after in pairs:
        pooled = np.tile(np.array([*before, *after], dtype=float), (_DRAWN_FLIPS, 1))
        dealt = draw.permuted(pooled, axis=1)
        sums += dealt[:, len(before) :].mean(axis=1) - dealt[:, : len(before)].mean(axis=1)
    return float(((abs(sums) >= seen).sum() + 1) / (_DRAWN_FLIPS + 1))


def _deals(pairs: Sequence[Pair]) -> dict[float, float]:
    """The chance of each sum of differences, for values 0 and 1."""
    import numpy as np
    from scipy.stats import hypergeom

    chances = {0.0: 1.0}
    for before, after in pairs:
        ones, first, second = sum(before) + sum(after), len(before), len(after)
        counts = range(max(0, round(ones) - first), min(second, round(ones)) + 1)
        masses = hypergeom.pmf(np.array(counts), first + second, round(ones), second)
        steps = [
            (each / second - (ones - each) / first, float(mass))
            for each, mass in zip(counts, masses, strict=True)
        ]
        dealt: dict[float, float] = {}
        for sum_, chance in chances.items():
            for step, mass in steps:
                key = round(sum_ + step, 12)
                dealt[key] = dealt.get(key, 0.0) + chance * mass
        chances = dealt
    return chances


def smallest_p(sizes: Sequence[tuple[int, int]]) -> float:
    """The least p that `within_tasks` can give, by the runs of each task on both sides."""
    return min(1.0, 2.0 / math.prod(math.comb(first + second, first) for first, second in sizes))


def smallest_visible_change(
    deviation: float, tasks: int, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """The difference that so many tasks show with this power; None without tasks.

    `deviation` is the standard deviation of the differences by task. Cohen (1988), "Statistical
    Power Analysis": (z(1 - alpha / 2) + z(power)) * deviation / sqrt(tasks).
    """
    if tasks == 0:
        return None
    return sum(_quantiles(alpha, power)) * deviation / math.sqrt(tasks)


def change_seen_within(
    pairs: Sequence[Pair], alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """The difference that `within_tasks` shows with this power, or None when none is large enough.

    `smallest_visible_change` with corrections. The deviation is that of runs inside their tasks, and
    never none: identical runs do not prove that. A change d widens the deals by which it is judged,
    by d^2 / (runs - 1). Counts move in steps, one of which is added. And at least so many tasks have
    to move as a p of alpha needs. `benchmarks/nightly_gate.py` measures the power at this change.
    """
    if not pairs:
        return None
    sizes = [(len(before), len(after)) for before, after in pairs]
    if smallest_p(sizes) > alpha:
        return None
    sides = math.fsum(1 / first + 1 / second for first, second in sizes) / len(pairs)
    spread = _variance_within(pairs) * sides
    widening = math.fsum(1 / (sum(size) - 1) for size in sizes) / len(pairs)
    z_alpha, z_power = _quantiles(alpha, power)
    # A step of the counts: exact tests of counts are cautious by up to as much.
    step = math.fsum(1 / first + 1 / second for first, second in sizes) / len(pairs) ** 2
    change = 0.0
    for _ in range(100):
        wide = math.sqrt(spread + widening * change * change)
        change = (z_alpha * wide + z_power * math.sqrt(spread)) / math.sqrt(len(pairs)) + step
        if change >= 1:
            break
    counts = range(1, len(sizes) + 1)
    moved = next(count for count in counts if smallest_p(sorted(sizes)[:count]) <= alpha)
    return min(1.0, max(change, moved / len(pairs)))


def _variance_within(pairs: Sequence[Pair]) -> float:
    """The variance of one run inside its task, with half a run's worth of doubt added."""
    squares, freedom = 0.25, 1
    for before, after in pairs:
        values = [*before, *after]
        mean = _mean(values)
        squares += math.fsum((each - mean) ** 2 for each in values)
        freedom += len(values) - 1
    return squares / freedom


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    from scipy.stats import norm

    return float(norm.ppf(1 - alpha / 2)), float(norm.ppf(power))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample (n - 1); 0 with fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((each - mean) ** 2 for each in values) / (len(values) - 1))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """The p-values by name, adjusted for how many were looked at.

    Holm (1979), "A simple sequentially rejective multiple test procedure".
    """
    adjusted: dict[str, float] = {}
    worst = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda each: p_values[each])):
        worst = max(worst, min(1.0, (len(p_values) - place) * p_values[name]))
        adjusted[name] = worst
    return {name: adjusted[name] for name in p_values}
