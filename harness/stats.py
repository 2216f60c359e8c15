"""Statistics of samples. Each function names the source of its formula.

Probabilities and shares are from 0 to 1. numpy and scipy are imported when they are needed: most
commands never count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Interval = tuple[float, float]
# Up to this many tasks all flips of signs are counted; beyond, this many are drawn.
_EXACT_FLIPS, _DRAWN_FLIPS = 16, 20_000
_ROUNDING = 1e-9


def wilson(passed: int, scored: int, confidence: float = 0.95) -> Interval | None:
    """Wilson's score interval for a pass rate, or None without scored samples.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    return _proportion(passed, scored, confidence, "wilson")


def clopper_pearson(events: int, trials: int, confidence: float = 0.95) -> Interval | None:
    """The exact interval for a rate, or None without trials: none of 20 is at most 0.168.

    Clopper, Pearson (1934), "The use of confidence or fiducial limits".
    """
    return _proportion(events, trials, confidence, "exact")


def _proportion(
    events: int, trials: int, confidence: float, method: Literal["exact", "wilson"]
) -> Interval | None:
    if trials == 0:
        return None
    from scipy.stats import binomtest

    found = binomtest(events, trials).proportion_ci(confidence_level=confidence, method=method)
    return float(found.low), float(found.high)


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


def smallest_p(tasks: int) -> float:
    """The least two-sided p that so many tasks can give in `sign_flip` and `mcnemar`."""
    return min(1.0, 2.0 ** (1 - tasks))


def smallest_visible_change(
    deviation: float, tasks: int, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """The difference that so many tasks show with this power; None without tasks.

    `deviation` is the standard deviation of the differences by task. Cohen (1988), "Statistical
    Power Analysis": (z(1 - alpha / 2) + z(power)) * deviation / sqrt(tasks).
    """
    if tasks == 0:
        return None
    from scipy.stats import norm

    reach = float(norm.ppf(1 - alpha / 2) + norm.ppf(power))
    return reach * deviation / math.sqrt(tasks)


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample (n - 1); 0 with fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((each - mean) ** 2 for each in values) / (len(values) - 1))


def pass_at_k(runs: int, passed: int, k: int) -> float | None:
    """The chance that one of k tries passes; None where there were fewer than k.

    Chen et al. (2021), "Evaluating Large Language Models Trained on Code": 1 - C(n-c, k) / C(n, k).
    """
    return None if runs < k else 1 - math.comb(runs - passed, k) / math.comb(runs, k)


def pass_hat_k(runs: int, passed: int, k: int) -> float | None:
    """The chance that all of k tries pass; None where there were fewer than k.

    Yao et al. (2024), "tau-bench": C(c, k) / C(n, k).
    """
    return None if runs < k else math.comb(passed, k) / math.comb(runs, k)


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


def more_often(events: int, trials: int, events_before: int, trials_before: int) -> float:
    """The one-sided p that a rate is no higher than before; 1 without trials on a side.

    Boschloo (1970), "Raised conditional level of significance for the 2 x 2-table".
    """
    if not trials or not trials_before or not events:
        return 1.0
    from scipy.stats import boschloo_exact

    table = [[events, events_before], [trials - events, trials_before - events_before]]
    return float(boschloo_exact(table, alternative="greater").pvalue)


def runs_to_see(rate: float, confidence: float = 0.95) -> int:
    """How many runs see an event of this rate at least once, with this chance: 0.01 needs 299."""
    if not 0 < rate < 1:
        msg = f"a rate between 0 and 1, not {rate}"
        raise ValueError(msg)
    return math.ceil(math.log(1 - confidence) / math.log(1 - rate))


def confidence_sequence(passed: int, runs: int, alpha: float = 0.05) -> Interval:
    """Where the pass rate lies at every look at once, with chance 1 - alpha: one may stop any time.

    The beta mixture with a = b = 1/2 of Robbins (1970), as in Howard et al. (2021), "Time-uniform,
    nonparametric, nonasymptotic confidence sequences": p stays while
    log B(a+S, b+n-S) - log B(a, b) - S log p - (n-S) log(1-p) < log(1/alpha).
    """
    if runs == 0:
        return 0.0, 1.0
    from scipy.optimize import brentq
    from scipy.special import betaln

    mixture = float(betaln(passed + 0.5, runs - passed + 0.5) - betaln(0.5, 0.5))

    def excess(p: float) -> float:
        likelihood = passed * math.log(p) + (runs - passed) * math.log1p(-p)
        return mixture - likelihood + math.log(alpha)

    share, edge = passed / runs, 1e-12
    low = 0.0 if passed == 0 else float(brentq(excess, edge, min(share, 1 - edge)))
    high = 1.0 if passed == runs else float(brentq(excess, max(share, edge), 1 - edge))
    return low, high


@dataclass(frozen=True)
class TimedTask:
    """A task with a person's minutes, its family, and whether each run passed."""

    minutes: float
    family: str
    passed: Sequence[bool]


@dataclass(frozen=True)
class Horizon:
    """The minutes of tasks that are passed with chance `quantile`, and a percentile interval.

    `beyond` tells that it lies beyond the longest task and is cut off there; `rising` that longer
    tasks were passed more often, so that the curve means nothing.
    """

    quantile: float
    minutes: float
    interval: Interval
    beyond: bool
    rising: bool


def time_horizon(
    tasks: Sequence[TimedTask], quantile: float = 0.5, draws: int = 1000, seed: int = 0
) -> Horizon | None:
    """The horizon, or None without runs; nothing passed is a horizon of 0.

    Kwa et al. (2025), "Measuring AI Ability to Complete Long Tasks": P = s(a + b log2 minutes), runs
    weighted by 1 / (runs of the task * sqrt(tasks of the family)), and a bootstrap of families,
    tasks in them, and runs of those.
    """
    import numpy as np

    known = [task for task in tasks if task.passed and task.minutes > 0]
    if not known:
        return None
    longest = max(task.minutes for task in known)
    slope, minutes = _horizon_of(known, quantile)
    draw = np.random.default_rng(seed)
    found = [_horizon_of(_resample(known, draw), quantile)[1] for _ in range(draws)]
    low, high = (float(each) for each in np.percentile(np.minimum(found, longest), (2.5, 97.5)))
    return Horizon(
        quantile, min(minutes, longest), (low, high), minutes > longest, slope > _ROUNDING
    )


def _horizon_of(tasks: Sequence[TimedTask], quantile: float) -> tuple[float, float]:
    """Slope and minutes of the fitted curve."""
    import numpy as np

    families: dict[str, int] = {}
    for task in tasks:
        families[task.family] = families.get(task.family, 0) + 1
    logs = np.array([math.log2(task.minutes) for task in tasks])
    shares = np.array([sum(task.passed) / len(task.passed) for task in tasks])
    weights = np.array([1 / math.sqrt(families[task.family]) for task in tasks])
    if not shares.any():
        return 0.0, 0.0
    if shares.all() and shares.min() == 1:
        return 0.0, math.inf
    level, slope = _fit_curve(logs, shares, weights)
    if abs(slope) < _ROUNDING or slope > 0:
        # No decline: all of it lies on one side.
        return slope, math.inf if np.average(shares, weights=weights) >= quantile else 0.0
    return slope, 2 ** min((math.log(quantile / (1 - quantile)) - level) / slope, 64.0)


def _fit_curve(
    logs: NDArray[np.float64], shares: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, float]:
    """Level and slope of the logistic curve, by Newton's method, with a ridge against separation."""
    import numpy as np

    ridge = 1e-3
    centre = float(logs.mean())
    design = np.column_stack([np.ones_like(logs), logs - centre])
    found = np.zeros(2)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope_penalty = np.array([0.0, ridge])
        gradient = design.T @ (weights * (shares - chance)) - slope_penalty * found
        curvature = (design.T * (weights * chance * (1 - chance))) @ design
        step = np.linalg.solve(curvature + np.diag([_ROUNDING, ridge]), gradient)
        found = found + np.clip(step, -5, 5)
        if float(abs(step).max()) < _ROUNDING:
            break
    return float(found[0] - found[1] * centre), float(found[1])


def _resample(tasks: Sequence[TimedTask], draw: np.random.Generator) -> list[TimedTask]:
    """Families with replacement, tasks of each, runs of those."""
    families: dict[str, list[TimedTask]] = {}
    for task in tasks:
        families.setdefault(task.family, []).append(task)
    names = list(families)
    drawn = []
    for copy, index in enumerate(draw.integers(len(names), size=len(names))):
        members = families[names[index]]
        for chosen in draw.integers(len(members), size=len(members)):
            task = members[chosen]
            runs = draw.integers(len(task.passed), size=len(task.passed))
            drawn.append(
                TimedTask(
                    task.minutes, f"{names[index]} {copy}", [task.passed[run] for run in runs]
                )
            )
    return drawn


def trigger_probability(
    pass_rate: float | Callable[[int], float], tasks: int, tries: int, share: float
) -> float:
    """The chance that a threshold policy triggers: in at least `share` of tasks one of the tries passes.

    `pass_rate` is that of one try, of all tasks or by the task's number. Anthropic RSP v1 (2023) has
    5 tasks, 10 tries, a share of 0.5: 0.32, 0.77, 0.99 at rates of 0.05, 0.10, 0.20.
    """
    rate = pass_rate if callable(pass_rate) else (lambda _: pass_rate)
    passes = [1 - (1 - rate(number)) ** tries for number in range(tasks)]
    chances = [1.0]  # of so many tasks passed, task by task
    for chance in passes:
        stay = [each * (1 - chance) for each in chances] + [0.0]
        go = [0.0] + [each * chance for each in chances]
        chances = [one + other for one, other in zip(stay, go, strict=True)]
    needed = math.ceil(share * tasks - _ROUNDING)
    return math.fsum(chances[needed:])
