"""A whole run: many samples in threads, in order, within budgets, resumable at any moment."""

from __future__ import annotations

import fcntl
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import harness
from harness.content.agents import AgentFile, load_agent
from harness.content.folders import TaskFolder, load_task
from harness.content.plan import NO_MODEL, Plan, copy_content, describe_plan, sample_limits
from harness.content.roots import Roots
from harness.errors import EngineUnavailable, UsageError
from harness.events import AttemptFinished, Interrupted, RunFinished, RunStarted
from harness.messages import Reply
from harness.protocols import Model, Sandboxes
from harness.results import SampleKey, SampleResult, Status
from harness.sample import SampleJob, run_sample
from harness.schema.config import RunBudget, RunConfig
from harness.schema.task import FlagGrader, Task
from harness.secrets import make_secrets
from harness.session import Cancellation
from harness.store import AttemptPaths, RunStore, Transcript, create_run, now

_POLL_SECONDS = 0.2
OpenModel = Callable[[str, RunConfig, threading.Event], Model]


class Progress(Protocol):
    """Who is told how a run goes; called from many threads."""

    def preparing(self, text: str) -> None:
        """A line about work before the first sample."""

    def planned(self, total: int, done: int, jobs: int) -> None:
        """There are `total` samples, `done` of them scored before."""

    def started(self, key: SampleKey) -> None:
        """A sample starts."""

    def stepped(self, key: SampleKey, step: int) -> None:
        """A sample's agent takes its next step."""

    def spent(self, usd: float | None, tokens: int) -> None:
        """A model call cost this much."""

    def ended(self, result: SampleResult) -> None:
        """A sample ended."""

    def stopping(self, reason: str) -> None:
        """The run is being stopped."""


@dataclass
class Spending:
    """What a run has used of its budget. Safe to add to from many threads."""

    budget: RunBudget
    usd: float = 0.0
    tokens: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, usd: float | None, tokens: int) -> str:
        """Count a call; the name of the budget that is used up, or ''."""
        with self._lock:
            self.usd += usd or 0.0
            self.tokens += tokens
            if self.budget.usd is not None and self.usd >= self.budget.usd:
                return "usd"
            if self.budget.tokens is not None and self.tokens >= self.budget.tokens:
                return "tokens"
        return ""


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: counts by status over all its samples, and why it stopped early, if so."""

    store: RunStore
    statuses: Mapping[str, int]
    stopped: str


def start_run(
    plan: Plan, roots: Roots, folder: Path, sandboxes: Sandboxes, progress: Progress
) -> RunStore:
    """Build the images, freeze the plan and the content into a new run's folder.

    Raises ImageBuildError, StoreError.
    """
    images: dict[str, Mapping[str, str]] = {}
    for task in plan.tasks:
        environment = task.environment
        if environment.name not in images:
            progress.preparing(f"images of {environment.name}")
            images[environment.name] = sandboxes.images(environment.environment, environment.path)
    record = {
        **describe_plan(plan),
        "images": images,
        "posture": dict(sandboxes.posture),
        "harness": harness.__version__,
        "started": now(),
    }
    store = create_run(folder, plan.config.name, record)
    copy_content(plan, roots, store.root / "content")
    return store


@dataclass
class Run:
    """A frozen run, loaded from its folder: what `run` and `--resume` execute."""

    store: RunStore
    record: Mapping[str, Any]
    config: RunConfig
    samples: Sequence[SampleKey]
    tasks: Mapping[str, TaskFolder]
    agents: Mapping[str, AgentFile]
    _flags: dict[str, str] = field(default_factory=dict)

    @cached_property
    def seed(self) -> bytes:
        """The sealed seed."""
        return self.store.seed()

    def secrets(self, key: SampleKey, attempt: int) -> dict[str, str]:
        """The secrets of one attempt."""
        task = self.tasks[key.task].task
        templates = {name: slot.template for name, slot in task.secrets.items()}
        return make_secrets(self.seed, f"{key}#{attempt}", templates)

    def flags(self, besides: SampleKey) -> dict[str, str]:
        """The flags of the first attempts of all other samples, for finding contamination."""
        if not self._flags:
            for key in self.samples:
                if name := _flag_slot(self.tasks[key.task].task):
                    self._flags[self.secrets(key, 1)[name]] = str(key)
        return {flag: sample for flag, sample in self._flags.items() if sample != str(besides)}


def _flag_slot(task: Task) -> str | None:
    return task.grader.secret if isinstance(task.grader, FlagGrader) else None


def load_run(store: RunStore) -> Run:
    """A run from its folder, with the copy of the content it was planned with.

    Raises StoreError, ContentErrors.
    """
    record = store.plan()
    config = RunConfig.model_validate(record["config"])
    samples = [SampleKey.model_validate(each) for each in record["samples"]]
    content = store.root / "content"
    roots = Roots((content,))
    return Run(
        store=store,
        record=record,
        config=config,
        samples=samples,
        tasks={name: load_task(content / "tasks" / name, roots) for name in record["tasks"]},
        agents={spec: load_agent(spec, roots, copied=True) for spec in record["agents"]},
    )


def latest_results(store: RunStore, samples: Sequence[SampleKey]) -> Iterator[SampleResult | None]:
    """For each sample the attempt with a score, else the last one with a result, else None."""
    for key in samples:
        results = [attempt.read_result() for attempt in store.attempts(key)]
        known = [result for result in results if result is not None]
        scored = [result for result in known if result.grade is not None]
        best = scored or known
        yield best[-1] if best else None


@contextmanager
def _owned(store: RunStore) -> Iterator[None]:
    """Hold the run, so that no second process works on it."""
    with (store.root / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(
                str(store.root), "another process works on this run", "wait for it, or stop it"
            ) from error
        yield


def execute(
    run: Run,
    sandboxes: Sandboxes,
    open_model: OpenModel,
    progress: Progress,
    *,
    jobs: int | None = None,
    resumed: bool = False,
) -> RunOutcome:
    """Do what has no score yet. Raises StoreError, and what is a bug of the harness.

    The first KeyboardInterrupt cancels cleanly, the second removes the sandboxes at once.
    """
    with _owned(run.store):
        log = Transcript(run.store.events)
        try:
            log.append(RunStarted(resumed=resumed, process=f"pid {os.getpid()}"))
            work = _Work(run, sandboxes, open_model, progress, log)
            stopped = work.do(jobs or run.config.jobs)
            log.append(RunFinished(reason=stopped or "done"))
        finally:
            log.close()
    return RunOutcome(run.store, work.statuses, stopped)


class _Work:
    """The threads of one execution and what they share."""

    def __init__(
        self,
        run: Run,
        sandboxes: Sandboxes,
        open_model: OpenModel,
        progress: Progress,
        log: Transcript,
    ) -> None:
        self._run, self._sandboxes, self._progress, self._log = run, sandboxes, progress, log
        self._open_model = open_model
        self._models: dict[str, Model] = {}
        self._cancellation = Cancellation()
        self._spending = Spending(run.config.budget)
        self._todo: queue.SimpleQueue[SampleKey] = queue.SimpleQueue()
        self._fatal: BaseException | None = None
        self._lock = threading.Lock()
        self.statuses: Counter[str] = Counter()

    def do(self, jobs: int) -> str:
        """Work until all is done or stopped; why it was stopped, or ''."""
        todo = self._queue_open_samples()
        self._progress.planned(len(self._run.samples), len(self._run.samples) - todo, jobs)
        threads = [
            threading.Thread(target=self._serve, name=f"sample-{number}", daemon=True)
            for number in range(min(jobs, todo))
        ]
        for thread in threads:
            thread.start()
        self._wait(threads)
        if self._fatal is not None:
            raise self._fatal
        return self._cancellation.reason

    def _queue_open_samples(self) -> int:
        """Queue what has no score; note attempts whose process died."""
        count = 0
        results = latest_results(self._run.store, self._run.samples)
        for key, result in zip(self._run.samples, results, strict=True):
            if result is not None and result.grade is not None:
                self.statuses[result.status] += 1
                self._spending.add(result.usage.usd, result.usage.tokens)
                continue
            for attempt in self._run.store.attempts(key):
                _note_interruption(attempt)
            self._todo.put(key)
            count += 1
        return count

    def _wait(self, threads: Sequence[threading.Thread]) -> None:
        deadline = None
        if self._run.config.budget.wall is not None:
            deadline = time.monotonic() + self._run.config.budget.wall
        while any(thread.is_alive() for thread in threads):
            try:
                for thread in threads:
                    thread.join(_POLL_SECONDS / len(threads))
                if deadline is not None and time.monotonic() > deadline:
                    self._stop("the run's wall budget is used up")
            except KeyboardInterrupt:
                if self._cancellation.event.is_set():
                    self._progress.stopping("removing the sandboxes at once")
                    self._sandboxes.end(self._run.store.id)
                self._stop("interrupted")

    def _stop(self, reason: str) -> None:
        if not self._cancellation.event.is_set():
            self._cancellation.request(reason)
            self._progress.stopping(reason)

    def _serve(self) -> None:
        """One thread: take samples until there are none, or the run is stopped."""
        while not self._cancellation.event.is_set():
            try:
                key = self._todo.get_nowait()
            except queue.Empty:
                return
            try:
                self._do_one(key)
            except BaseException as error:  # noqa: BLE001 - raised again in the main thread
                self._fatal = self._fatal or error
                self._stop(f"trouble: {type(error).__name__}")

    def _do_one(self, key: SampleKey) -> None:
        self._progress.started(key)
        attempt = self._run.store.new_attempt(key)
        result = run_sample(self._job(key, attempt))
        with self._lock:
            self.statuses[result.status] += 1
        self._log.append(
            AttemptFinished(
                sample=key,
                attempt=result.attempt,
                status=result.status,
                score=result.grade.value if result.grade else None,
            )
        )
        self._progress.ended(result)
        if result.status is Status.SANDBOX_ERROR:
            self._stop_if_engine_is_gone()

    def _job(self, key: SampleKey, attempt: AttemptPaths) -> SampleJob:
        run = self._run
        task = run.tasks[key.task]
        return SampleJob(
            run=run.store.id,
            key=key,
            paths=attempt,
            task=task,
            agent=run.agents[key.agent],
            model=self._model(key.model),
            settings=run.config.settings,
            limits=sample_limits(task, run.config.limits),
            secrets=run.secrets(key, attempt.number),
            foreign=lambda: run.flags(key),
            images=run.record["images"][task.environment.name],
            sandboxes=self._sandboxes,
            cancellation=self._cancellation,
            on_step=lambda step: self._progress.stepped(key, step),
            on_reply=self._count,
        )

    def _model(self, name: str) -> Model | None:
        if name == NO_MODEL:
            return None
        with self._lock:
            if name not in self._models:
                opened = self._open_model(name, self._run.config, self._cancellation.event)
                self._models[name] = opened
            return self._models[name]

    def _count(self, reply: Reply) -> None:
        self._progress.spent(reply.usd, reply.usage.total)
        if used_up := self._spending.add(reply.usd, reply.usage.total):
            self._stop(f"the run's {used_up} budget is used up")

    def _stop_if_engine_is_gone(self) -> None:
        try:
            self._sandboxes.ping()
        except EngineUnavailable as error:
            self._stop(str(error))


def _note_interruption(attempt: AttemptPaths) -> None:
    """Close the log of an attempt whose process died before it wrote a result."""
    if attempt.result.exists() or not attempt.events.exists():
        return
    log = Transcript(attempt.events)
    try:
        log.append(Interrupted())
    finally:
        log.close()
