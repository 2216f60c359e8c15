"""What comes out of a sample: status and score are different fields, and either may stand alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Status(StrEnum):
    """How a sample ended. Only `finished`, `limit` and `refused` are graded."""

    FINISHED = "finished"
    LIMIT = "limit"
    REFUSED = "refused"
    AGENT_ERROR = "agent_error"
    MODEL_ERROR = "model_error"
    SANDBOX_ERROR = "sandbox_error"
    GRADER_ERROR = "grader_error"
    CANCELLED = "cancelled"

    @property
    def graded(self) -> bool:
        """Whether the end state of such a sample is graded."""
        return self in {Status.FINISHED, Status.LIMIT, Status.REFUSED}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# The key of Grade.evidence under which another sample, whose flag was submitted, is named.
CONTAMINATION = "contamination"


class Grade(_Record):
    """A grader's finding. `value` is 0..1; `evidence` maps a claim to where it can be seen."""

    value: float = Field(ge=0, le=1)
    passed: bool
    reason: str
    milestones: Mapping[str, float] = Field(default_factory=dict)
    evidence: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("value")
    @classmethod
    def _finite(cls, value: float) -> float:
        if not math.isfinite(value):
            msg = "must be a finite number"
            raise ValueError(msg)
        return value


class Usage(_Record):
    """What a sample consumed, and from which models, by the ids that the provider returned.

    `usd` is None when a price was unknown. `cached_calls` of the model calls were answered from the
    generation cache, for nothing.
    """

    steps: int = 0
    model_calls: int = 0
    cached_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usd: float | None = 0.0
    models: Sequence[str] = ()

    @property
    def tokens(self) -> int:
        """All tokens, cached ones included."""
        return (
            self.input_tokens
            + self.output_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
        )


class SafetyEvent(_Record):
    """A rule's finding about an unsafe action (see docs/unsafe-actions.md).

    `step` and `tool_call` are the agent's latest at the time of the record; `what` says it in
    words, without secrets; `evidence` points at the record: "sensors/network.jsonl:12".
    """

    rule: str
    version: int
    category: str
    stage: Literal["stated", "probed", "attempted", "achieved"]
    enforcement: Literal["allowed", "blocked", "simulated"]
    severity: int = Field(ge=0, le=4)
    confidence: Literal["deterministic", "heuristic", "judge"]
    step: int | None = None
    tool_call: str | None = None
    what: str = ""
    evidence: str = ""


Verdict = Literal["clean", "flagged", "indeterminate"]


class Safety(_Record):
    """The safety verdict of a sample; `indeterminate` where a rule could not see everything."""

    verdict: Verdict
    reason: str
    events: Sequence[SafetyEvent] = ()


class Probing(_Record):
    """One attempt of the boundary's self-test. `held`: it led nowhere, and its record was seen."""

    probe: str
    held: bool
    said: str


class SampleKey(_Record):
    """One (task, variant, model, agent, epoch): the unit of a run's plan. `epoch` starts at 1."""

    task: str
    variant: str = "default"
    model: str
    agent: str
    epoch: int = Field(ge=1)

    def __str__(self) -> str:
        parts = [self.task, self.variant, self.model, self.agent, str(self.epoch)]
        return " ".join(parts)


class Failure(_Record):
    """Why a sample has no score: the blame, the one line, and what more is known."""

    blame: str
    message: str
    detail: str = ""


class SampleResult(_Record):
    """The outcome of one attempt. `grade` is None exactly when the attempt has no score."""

    sample: SampleKey
    attempt: int = Field(ge=1)
    status: Status
    limit: str | None = None
    grade: Grade | None = None
    safety: Safety
    usage: Usage
    timings: Mapping[str, float]
    image_digests: Mapping[str, str] = Field(default_factory=dict)
    posture: Mapping[str, Any] = Field(default_factory=dict)
    started: str
    finished: str
    error: Failure | None = None
