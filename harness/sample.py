"""One sample, from an empty sandbox to a written result.

open the sandbox -> place files and secrets -> try the boundary -> run setup -> sensors look
-> agent works under limits -> freeze -> sensors look again, try the boundary again -> collect evidence
-> close -> judge safety -> grade -> write the result
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from harness.content.agents import AgentFile
from harness.content.folders import TaskFolder
from harness.errors import (
    AgentError,
    Cancelled,
    ContainmentError,
    HarnessError,
    LimitReached,
    ModelError,
    Refused,
    SandboxError,
    StoreError,
    Submitted,
)
from harness.events import (
    AttemptFinished,
    AttemptStarted,
    BoundaryTried,
    Failed,
    Graded,
    Judged,
    Noted,
    Phase,
    SandboxOpened,
    Stopped,
)
from harness.evidence import load_evidence
from harness.forms import redact
from harness.graders import grade
from harness.messages import Reply, Settings
from harness.placement import order_for, run_setup
from harness.protocols import Model, Sandbox, Sandboxes, Workbench
from harness.results import Failure, Grade, Safety, SampleKey, SampleResult, Status, Usage
from harness.rules.verdict import judge, needed_sensors, useful_sensors
from harness.schema.task import Limits, Task
from harness.sensors.machine import lacking
from harness.sensors.watch import Watch, open_watch
from harness.session import Cancellation, LiveSession, Meter
from harness.store import AttemptPaths, Transcript, now
from harness.tools import TOOLS, open_tools, tool_spec

_BLAMED: Mapping[str, Status] = {
    "content": Status.AGENT_ERROR,
    "sandbox": Status.SANDBOX_ERROR,
    "model": Status.MODEL_ERROR,
    "grader": Status.GRADER_ERROR,
}
_UNJUDGED = Safety(verdict="indeterminate", reason="there is no evidence to judge")


@dataclass(frozen=True)
class SampleJob:
    """All that one attempt needs.

    `images` are ids by service; `flag_owner` names the other sample whose flag stands in a text.
    """

    run: str
    key: SampleKey
    paths: AttemptPaths
    task: TaskFolder
    agent: AgentFile
    model: Model | None
    settings: Settings
    limits: Limits
    secrets: Mapping[str, str]
    flag_owner: Callable[[str], str | None]
    images: Mapping[str, str]
    sandboxes: Sandboxes
    cancellation: Cancellation
    capture_bytes: int = 0
    on_step: Callable[[int], None] = lambda _step: None
    on_reply: Callable[[Reply], None] = lambda _reply: None


@dataclass
class Attempt:
    """What is known of an attempt so far; becomes its result."""

    job: SampleJob
    log: Transcript
    started: str = field(default_factory=now)
    timings: dict[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    status: Status = Status.FINISHED
    limit: str | None = None
    answer: str | None = None
    grade: Grade | None = None
    safety: Safety = _UNJUDGED
    error: Failure | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    posture: Mapping[str, object] = field(default_factory=dict)
    collected: bool = False

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase, and log it when it ends."""
        started = time.monotonic()
        try:
            yield
        finally:
            seconds = round(time.monotonic() - started, 4)
            self.timings[name] = seconds
            self.log.append(Phase(name=name, seconds=seconds))

    def fail(self, error: HarnessError) -> None:
        """Note trouble, without the secrets that it may quote: no score comes of this attempt."""
        self.status = _BLAMED[error.blame]
        message, detail = (redact(each, self.job.secrets) for each in (str(error), error.detail))
        self.error = Failure(blame=error.blame, message=message, detail=detail)
        self.log.append(Failed(blame=error.blame, message=message, detail=detail))

    def stop(self, stopped: Stopped) -> None:
        """Note how the agent's work ended."""
        self.status = stopped.status
        self.log.append(stopped)

    def result(self) -> SampleResult:
        """The outcome."""
        return SampleResult(
            sample=self.job.key,
            attempt=self.job.paths.number,
            status=self.status,
            limit=self.limit,
            grade=self.grade,
            safety=self.safety,
            usage=self.usage,
            timings=self.timings,
            image_digests=self.images,
            posture=self.posture,
            started=self.started,
            finished=now(),
            error=self.error,
        )


def run_sample(job: SampleJob) -> SampleResult:
    """Run one attempt to its end and write its result.

    Trouble with an agent, a sandbox, a model or a grader is a status in the result. Raises
    StoreError when the run's folder cannot be written, and what is a bug of the harness.
    """
    log = Transcript(job.paths.events)
    try:
        attempt = Attempt(job, log)
        log.append(AttemptStarted(sample=job.key, attempt=job.paths.number))
        try:
            _work_in_sandbox(attempt)
            if attempt.collected:
                _judge_and_grade(attempt)
        except Cancelled as stop:
            attempt.stop(Stopped(how="cancelled", detail=stop.reason))
        except HarnessError as error:
            if isinstance(error, StoreError) or error.blame == "harness":
                raise
            if job.cancellation.event.is_set():
                attempt.stop(Stopped(how="cancelled", detail=job.cancellation.reason))
            else:
                attempt.fail(error)
        result = attempt.result()
        log.append(
            AttemptFinished(
                sample=job.key,
                attempt=result.attempt,
                status=result.status,
                score=result.grade.value if result.grade else None,
            )
        )
        job.paths.write_result(result)
        return result
    finally:
        log.close()


def _work_in_sandbox(attempt: Attempt) -> None:
    """Everything that needs live machines."""
    job = attempt.job
    job.cancellation.check()
    opening = time.monotonic()
    order = order_for(
        job.task,
        job.secrets,
        job.images,
        run=job.run,
        sample=str(job.key),
        wall_seconds=job.limits.wall,
        capture_bytes=job.capture_bytes,
        variant=job.key.variant,
    )
    with _closing_noted(attempt, job.sandboxes.open(order)) as sandbox:
        attempt.timings["open"] = round(time.monotonic() - opening, 4)
        attempt.images, attempt.posture = sandbox.images, sandbox.posture
        attempt.log.append(SandboxOpened(services=sandbox.posture))
        _try_boundary(attempt, sandbox, "before")
        with attempt.phase("setup"):
            run_setup(job.task, job.secrets, sandbox)
        sensors = _sensors(job.task.task, sandbox)
        with open_watch(sandbox, job.task.task, sensors) as watch:
            with attempt.phase("sensors before"):
                watch.look("before")
            with attempt.phase("agent"):
                _let_agent_work(attempt, sandbox)
            if attempt.status.graded:
                _take_evidence(attempt, sandbox, watch)
        closing = time.monotonic()
    attempt.timings["close"] = round(time.monotonic() - closing, 4)


def _sensors(task: Task, sandbox: Sandbox) -> set[str]:
    """The sensors that the task's rules need, and what more they can use and have here."""
    useful = useful_sensors(task.unsafe.rules)
    if useful and not sandbox.host_pids():
        useful = set()
    return {*needed_sensors(task.unsafe.rules), *(each for each in useful if not lacking(each))}


def _take_evidence(attempt: Attempt, sandbox: Sandbox, watch: Watch) -> None:
    """The end state, when nothing of the agent's can change it any more."""
    if _must_stand_still(attempt.job.task):
        with attempt.phase("freeze"):
            sandbox.freeze()
    with attempt.phase("sensors after"):
        watch.look("after")
    _try_boundary(attempt, sandbox, "after")
    with attempt.phase("collect"):
        _collect(attempt, sandbox, watch)


def _try_boundary(attempt: Attempt, sandbox: Sandbox, when: Literal["before", "after"]) -> None:
    """Try the boundary from inside, and log what came of it. Raises ContainmentError."""
    with attempt.phase(f"boundary {when}"):
        probes = sandbox.try_boundary()
    if not probes:
        return
    open_ = [each for each in probes if not each.held]
    attempt.log.append(BoundaryTried(when=when, held=not open_, probes=probes))
    if open_:
        what = ", ".join(f"{each.probe} ({each.said})" for each in open_)
        raise ContainmentError(
            f"the boundary, {when} the agent",
            f"it did not hold: {what}",
            "see `harness doctor --containment`",
        )


def _must_stand_still(task: TaskFolder) -> bool:
    """Whether the agent could still change what is looked at: evidence other than its submission.

    On a network that is also the log, and the boundary's test, which a flood would disturb.
    """
    spec = task.task.collect
    networked = task.environment.environment.network_mode != "none"
    watched = needed_sensors(task.task.unsafe.rules) - {"network", "transcript"}
    return bool(spec.files or spec.commands or networked or watched)


@contextmanager
def _closing_noted(attempt: Attempt, opened: object) -> Iterator[Sandbox]:
    """Enter a sandbox; trouble with closing it is noted and takes no collected evidence away."""
    try:
        with opened as sandbox:  # type: ignore[attr-defined]
            yield sandbox
    except SandboxError as error:
        if not attempt.collected:
            raise
        attempt.log.append(Noted(source="sandbox", text=f"while closing: {error}"))


def _let_agent_work(attempt: Attempt, sandbox: Sandbox) -> None:
    """Run the agent until it submits, meets a limit, returns, or something breaks."""
    job = attempt.job
    instruction = job.task.instruction(job.key.variant)
    attempt.log.append(Noted(source="instruction", text=instruction))
    meter = Meter(job.limits)
    bench = Workbench(
        sandbox=sandbox,
        command_seconds=lambda: max(0.1, min(job.limits.command, meter.wall_seconds)),
        outputs=job.paths.outputs,
    )
    try:
        with open_tools(job.task.task.tools) as tools:
            session = LiveSession(
                instruction=instruction,
                deadline_known=job.task.task.agent_may_know_deadline,
                script=(job.task.path / job.agent.script).read_text("utf-8")
                if job.agent.script
                else "",
                meter=meter,
                log=attempt.log,
                cancellation=job.cancellation,
                specs=[tool_spec(TOOLS[name]) for name in tools],
                live_tools=tools,
                bench=bench,
                model=job.model,
                settings=job.settings,
                on_step=job.on_step,
                on_reply=job.on_reply,
            )
            _run_agent(attempt, session)
    finally:
        attempt.usage = meter.usage


def _run_agent(attempt: Attempt, session: LiveSession) -> None:
    """Turn every way in which an agent's work ends into a status."""
    try:
        attempt.job.agent.make().run(session)
        attempt.stop(Stopped(how="returned"))
    except Submitted as stop:
        attempt.answer = stop.answer
        attempt.stop(Stopped(how="submitted", detail=stop.answer))
    except LimitReached as stop:
        attempt.limit = stop.kind
        attempt.stop(Stopped(how="limit", detail=stop.kind))
    except Refused as stop:
        attempt.stop(Stopped(how="refused", detail=stop.explanation))
    except (SandboxError, ModelError, StoreError, Cancelled):
        raise
    except Exception as error:
        what = f"it raised {type(error).__name__}: {error}"
        raise AgentError(
            f"agent {attempt.job.agent.spec}",
            what.splitlines()[0],
            "mend the agent; its traceback is in the sample's log",
            detail=traceback.format_exc(),
        ) from error


def _collect(attempt: Attempt, sandbox: Sandbox, watch: Watch) -> None:
    """Write the end state and the submission as evidence."""
    job = attempt.job
    spec = job.task.task.collect
    uploads = {
        source: (job.task.path / source).read_bytes()
        for command in spec.commands
        for source in command.files.values()
    }
    submission = json.dumps({"answer": attempt.answer})
    try:
        sandbox.collect(spec, uploads, job.paths.evidence)
        if job.cancellation.machines_gone:
            raise Cancelled(job.cancellation.reason)
        watch.save(job.paths.evidence / "sensors")
        (job.paths.evidence / "submission.json").write_text(submission, "utf-8")
    except OSError as error:
        raise StoreError(
            str(job.paths.evidence),
            f"cannot be written ({error.strerror or error})",
            "free disk space, then --resume",
        ) from error
    attempt.collected = True


def _judge_and_grade(attempt: Attempt) -> None:
    """Judge and grade the stored evidence, either without the other. Raises GraderError."""
    job = attempt.job
    evidence = load_evidence(
        job.paths.root, job.task.task, job.task.environment.environment.agent_service, job.secrets
    )
    with attempt.phase("judge"):
        attempt.safety = judge(evidence)
        attempt.log.append(Judged(safety=attempt.safety))
    with attempt.phase("grade"):
        attempt.grade = grade(evidence, job.task.path, job.flag_owner)
        attempt.log.append(Graded(grade=attempt.grade))
