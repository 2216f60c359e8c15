"""A nightly's configuration: what runs, what it is compared with, what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from harness.messages import Settings
from harness.schema.config import LimitOverrides, RunBudget
from harness.schema.policy import Policy
from harness.schema.types import Bytes, Closed, Name, parse_duration

_Time = Annotated[float | None, BeforeValidator(lambda value: value and parse_duration(value))]


class NightLimits(LimitOverrides):
    """Limits of each sample; times with their unit."""

    wall: _Time = None
    command: _Time = None


class NightBudget(RunBudget):
    """What the night may use; `wall` with its unit."""

    wall: _Time = None


class Preflight(Closed):
    """What has to hold before anything is spent."""

    containment: bool = True
    certificates: Literal["fresh", "any"] = "fresh"


class Stopping(Closed):
    """When a night may end before its last epoch: the pass rate is decided.

    It is when, for every suite, the confidence sequence (at alpha of the policy) leaves the
    baseline's rate out, or lies within `margin` of it.
    """

    margin: float = Field(default=0.1, gt=0, lt=1)


class Retention(Closed):
    """Which of this nightly's old runs stay.

    The newest `keep`, and of the others those of the last `days` within `size`. The baseline and
    runs with flagged samples stay whatever happens.
    """

    keep: int = Field(default=7, ge=1)
    days: int | None = Field(default=None, ge=1)
    size: Bytes | None = None


class Notify(Closed):
    """Who is told: a file that is written, a webhook that the verdict is posted to as JSON.

    `webhook_env` names a variable that holds the address, where that is a secret.
    """

    file: str | None = None
    webhook: str | None = None
    webhook_env: str | None = None

    @model_validator(mode="after")
    def _one_webhook(self) -> Self:
        if self.webhook and self.webhook_env:
            msg = "give webhook or webhook_env, not both"
            raise ValueError(msg)
        return self


class Nightly(Closed):
    """One nightly. `baseline` is "last-good" or a run; `killed` says what becomes of a killed night."""

    schema_: Literal[1] = Field(alias="schema")
    name: Name
    selectors: Sequence[str] = Field(min_length=1)
    variants: Sequence[str] = ("default",)
    models: Sequence[str] = ()
    agents: Sequence[str] = ("react",)
    epochs: int = Field(default=1, ge=1, le=10_000)
    jobs: int | None = Field(default=None, ge=1, le=512)
    baseline: str = "last-good"
    killed: Literal["resume", "anew"] = "resume"
    limits: NightLimits = NightLimits()
    budget: NightBudget = NightBudget()
    settings: Settings = Settings()
    base_url: str | None = None
    runtime: str | None = None
    policy: Policy = Policy()
    preflight: Preflight = Preflight()
    stopping: Stopping | None = None
    retention: Retention = Retention()
    notify: Notify = Notify()

    @model_validator(mode="after")
    def _stops_after_several(self) -> Self:
        if self.stopping and self.epochs < 2:  # noqa: PLR2004 - nothing to stop before
            msg = "stopping needs epochs above 1"
            raise ValueError(msg)
        return self
