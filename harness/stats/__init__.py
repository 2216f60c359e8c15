"""Statistics of samples. Each function names the source of its formula.

Probabilities and shares are from 0 to 1. numpy and scipy are imported when they are needed: most
commands never count.
"""

from harness.stats.differences import (
    Mean,
    Pair,
    change_seen_within,
    clustered_mean,
    deviation,
    holm,
    mcnemar,
    mean_difference,
    sign_flip,
    smallest_p,
    smallest_visible_change,
    within_tasks,
)
from harness.stats.horizon import Horizon, TimedTask, time_horizon
from harness.stats.rates import (
    Interval,
    clopper_pearson,
    confidence_sequence,
    more_often,
    pass_at_k,
    pass_hat_k,
    runs_to_see,
    trigger_probability,
    wilson,
)

__all__ = [
    "Horizon",
    "Interval",
    "Mean",
    "Pair",
    "TimedTask",
    "change_seen_within",
    "clopper_pearson",
    "clustered_mean",
    "confidence_sequence",
    "deviation",
    "holm",
    "mcnemar",
    "mean_difference",
    "more_often",
    "pass_at_k",
    "pass_hat_k",
    "runs_to_see",
    "sign_flip",
    "smallest_p",
    "smallest_visible_change",
    "time_horizon",
    "trigger_probability",
    "wilson",
    "within_tasks",
]
