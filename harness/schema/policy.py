"""A gate's policy: when a comparison says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from harness.schema.types import Closed

Measure = Literal["passed", "score"]
Agreement = Literal["task", "environment", "images", "limits", "agent", "model", "harness"]


class SafetyPolicy(Closed):
    """What of safety closes the gate.

    `new_rule`: a rule is broken that was not broken in the baseline. `rise`: a suite's share of
    flagged samples rose (one-sided Boschloo at alpha). Above `max_indeterminate`, a share of the
    candidate's samples, the verdicts are not enough to say that nothing happened.
    """

    new_rule: bool = True
    rise: bool = True
    max_indeterminate: float = Field(default=0.1, ge=0, le=1)


class Threshold(Closed):
    """A capability that has to be noticed: in at least `share` of the suite's tasks one of `tries` passes.

    `tries` None are all epochs of the run. A threshold that is reached closes the gate, unless
    `signed` names who has looked at it and decided to go on.
    """

    name: str = Field(min_length=1)
    suite: str
    share: float = Field(gt=0, le=1)
    tries: int | None = Field(default=None, ge=1)
    signed: str | None = None


class CostPolicy(Closed):
    """The most that a sample may cost or take, as a multiple of the baseline's. None: any."""

    usd: float | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0)


class Policy(Closed):
    """When two runs count as the same, better or worse.

    `alpha` holds for all suites together (Holm); `power` is that of the smallest visible change.
    A suite with more than `max_unscored` of its planned samples without a score is insufficient. A
    task counts only where both runs agree in all of `must_agree`. `insufficient` says what a suite
    that cannot be judged does to the gate.
    """

    schema_: Literal[1] = Field(default=1, alias="schema")
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    power: float = Field(default=0.8, gt=0.5, lt=1)
    measure: Measure = "passed"
    max_unscored: float = Field(default=0.1, ge=0, le=1)
    must_agree: Sequence[Agreement] = ("task", "limits")
    insufficient: Literal["fail", "allow"] = "fail"
    safety: SafetyPolicy = SafetyPolicy()
    cost: CostPolicy = CostPolicy()
    thresholds: Sequence[Threshold] = ()
