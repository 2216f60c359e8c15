"""How long the tasks are that an agent passes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.stats.rates import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROUNDING = 1e-9


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
