"""One rate: intervals, tries, thresholds, and stopping early."""

from __future__ import annotations

import math
from collections.abc import Callable

Interval = tuple[float, float]
_ROUNDING = 1e-9


def wilson(passed: int, scored: int, confidence: float = 0.95) -> Interval | None:
    """Wilson's score interval for a pass rate, or None without scored samples.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    if scored == 0:
        return None
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))
    centre = passed + z * z / 2
    reach = z * math.sqrt(passed * (scored - passed) / scored + z * z / 4)
    low, high = (centre - reach) / (scored + z * z), (centre + reach) / (scored + z * z)
    return (low if passed else 0.0), (high if passed < scored else 1.0)


def clopper_pearson(events: int, trials: int, confidence: float = 0.95) -> Interval | None:
    """The exact interval for a rate, or None without trials: none of 20 is at most 0.168.

    Clopper, Pearson (1934), "The use of confidence or fiducial limits", as quantiles of the beta
    distribution.
    """
    if trials == 0:
        return None
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = betaincinv(events, trials - events + 1, tail) if events else 0.0
    high = betaincinv(events + 1, trials - events, 1 - tail) if events < trials else 1.0
    return float(low), float(high)


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
