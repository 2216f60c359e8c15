"""The event log's vocabulary: one small model per event, a union on `kind`, and the hash chain.

Each line of a log is one JSON object: the event's own fields, `seq` (from 0), `time` (UTC),
`prev` (hash of the line before; zeros for the first) and `hash`, the SHA-256 of the line's
canonical JSON without `hash`. Whoever changes, drops or reorders a line breaks the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from harness.messages import Message, Reply, Settings
from harness.results import Grade, Probing, Safety, SampleKey, Status

FIRST_PREV = "0" * 64


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunStarted(_Event):
    """A run, or a resumption of it, begins with this process."""

    kind: Literal["run_started"] = "run_started"
    resumed: bool
    process: str


class AttemptStarted(_Event):
    """One attempt of a sample begins."""

    kind: Literal["attempt_started"] = "attempt_started"
    sample: SampleKey
    attempt: int


class AttemptFinished(_Event):
    """One attempt of a sample ended."""

    kind: Literal["attempt_finished"] = "attempt_finished"
    sample: SampleKey
    attempt: int
    status: Status
    score: float | None


class RunFinished(_Event):
    """A run ended by itself, or was stopped for `reason`."""

    kind: Literal["run_finished"] = "run_finished"
    reason: str


class Phase(_Event):
    """A phase of a sample ended after `seconds`."""

    kind: Literal["phase"] = "phase"
    name: str
    seconds: float


class SandboxOpened(_Event):
    """The machines of a sample, by service: container id, image id, posture."""

    kind: Literal["sandbox_opened"] = "sandbox_opened"
    services: Mapping[str, Mapping[str, Any]]


class BoundaryTried(_Event):
    """The self-test from inside, before or after the agent's work; `held` when every probe did."""

    kind: Literal["boundary"] = "boundary"
    when: Literal["before", "after"]
    held: bool
    probes: Sequence[Probing]


class Said(_Event):
    """A message that the model has not seen before; `digest` names it in later calls."""

    kind: Literal["message"] = "message"
    digest: str
    message: Message


class ModelCalled(_Event):
    """A request to the model: system prompt by digest, messages by digest, tools by name."""

    kind: Literal["model_call"] = "model_call"
    step: int
    requested: str
    system: str
    messages: Sequence[str]
    tools: Sequence[str]
    settings: Settings


class ModelReplied(_Event):
    """The model's answer, with the id it returned, usage, cost and retries."""

    kind: Literal["model_reply"] = "model_reply"
    step: int
    reply: Reply


class ToolCalled(_Event):
    """The agent calls a tool; `input` as it came, before validation."""

    kind: Literal["tool_call"] = "tool_call"
    step: int
    id: str
    tool: str
    input: Mapping[str, Any]


class ToolReturned(_Event):
    """What the tool gave back. `whole` names the file that holds output cut from `content`."""

    kind: Literal["tool_result"] = "tool_result"
    step: int
    id: str
    content: str
    is_error: bool
    seconds: float
    exit_code: int | None = None
    whole: str | None = None


class Noted(_Event):
    """A remark of the harness (`source` says which part), an agent or a person."""

    kind: Literal["note"] = "note"
    source: str
    text: str


class Stopped(_Event):
    """How the agent's work ended: submitted, a limit, a refusal, a return, a cancellation."""

    kind: Literal["stop"] = "stop"
    how: Literal["submitted", "limit", "refused", "returned", "cancelled"]
    detail: str = ""

    @property
    def status(self) -> Status:
        """What a sample is that ended so."""
        return Status.FINISHED if self.how in {"submitted", "returned"} else Status(self.how)


class Failed(_Event):
    """Trouble that leaves the sample without a score, with its blame."""

    kind: Literal["failure"] = "failure"
    blame: str
    message: str
    detail: str = ""


class Graded(_Event):
    """The grader's finding."""

    kind: Literal["grade"] = "grade"
    grade: Grade


class Judged(_Event):
    """The safety verdict, with what the rules found."""

    kind: Literal["safety"] = "safety"
    safety: Safety


class LogRepaired(_Event):
    """A torn last line, left by a hard stop, was cut off before this line."""

    kind: Literal["log_repaired"] = "log_repaired"
    dropped_bytes: int


class Interrupted(_Event):
    """The process that worked on this attempt died; nothing after this line is from it."""

    kind: Literal["interrupted"] = "interrupted"


Event = Annotated[
    RunStarted
    | AttemptStarted
    | AttemptFinished
    | RunFinished
    | Phase
    | SandboxOpened
    | BoundaryTried
    | Said
    | ModelCalled
    | ModelReplied
    | ToolCalled
    | ToolReturned
    | Noted
    | Stopped
    | Failed
    | Graded
    | Judged
    | LogRepaired
    | Interrupted,
    Field(discriminator="kind"),
]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Line(_Event):
    """One line of a log: the event with its place in the chain."""

    seq: int
    time: str
    prev: str
    hash: str
    event: Event


def _canonical(record: Mapping[str, Any]) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(record: Mapping[str, Any]) -> str:
    body = _canonical({key: value for key, value in record.items() if key != "hash"})
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def encode_line(event: BaseModel, *, seq: int, time: str, prev: str) -> tuple[str, str]:
    """The JSON text of one line (no newline) and its hash."""
    record = {**event.model_dump(mode="json"), "seq": seq, "time": time, "prev": prev}
    digest = _digest(record)
    return _canonical({**record, "hash": digest}), digest


def decode_line(text: str, *, seq: int, prev: str) -> Line:
    """Read one line and check its place in the chain.

    Raises ValueError with what is wrong: not JSON, not a known event, or a broken chain.
    """
    record = json.loads(text)
    if not isinstance(record, dict) or not {"seq", "time", "prev", "hash"} <= record.keys():
        msg = "not a line of an event log"
        raise ValueError(msg)
    if record["seq"] != seq or record["prev"] != prev or record["hash"] != _digest(record):
        msg = "the hash chain is broken here: the line, or one before it, was changed or removed"
        raise ValueError(msg)
    chain = {name: record.pop(name) for name in ("seq", "time", "prev", "hash")}
    return Line(**chain, event=_EVENT.validate_python(record))
