"""A whole run: many samples in threads, in order, within budgets, resumable at any moment."""

from __future__ import annotations

import fcntl
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.content.plan import NO_MODEL, sample_limits
from harness.errors import EngineUnavailable, SandboxError, UsageError
from harness.events import (
    AttemptFinished,
    Interrupted,
    ModelReplied,
    Noted,
    RunFinished,
    RunStarted,
)
from harness.messages import Reply
from harness.models import find_target
from harness.models.cache import NOTES as CACHE_NOTES
from harness.models.cache import CachedModel, GenerationCache
from harness.progress import Progress
from harness.protocols import Model, Sandboxes
from harness.results import SampleKey, SampleResult, Status
from harness.run import Run, latest_results
from harness.sample import SampleJob, run_sample
from harness.schema.config import RunBudget, RunConfig
from harness.session import Cancellation
from harness.store import AttemptPaths, RunStore, Transcript, read_events

_POLL_SECONDS = 0.2
# What runs when a run is stopped may end its step; then its machines are taken away; then a model
# call that does not return is left behind.
_GRACE_SECONDS = 10.0
_GIVE_UP_SECONDS = 60.0
OpenModel = Callable[[str, RunConfig, threading.Event], Model]
Enough = Callable[[SampleResult], str]


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
    enough: Enough | None = None,
) -> RunOutcome:
    """Do what has no score yet. Raises StoreError, and what is a bug of the harness.

    `enough` is told each result; when it gives a reason, what runs is finished and no more begun.
    The first KeyboardInterrupt lets each sample end its step (ten seconds at most), the second
    removes the sandboxes at once.
    """
    with _owned(run.store):
        log = Transcript(run.store.events)
        try:
            log.append(RunStarted(resumed=resumed, process=f"pid {os.getpid()}"))
            work = _Work(run, sandboxes, open_model, progress, log, enough)
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
        enough: Enough | None,
    ) -> None:
        self._enough, self._decided = enough, ""
        self._run, self._sandboxes, self._progress, self._log = run, sandboxes, progress, log
        self._open_model = open_model
        self._models: dict[str, Model] = {}
        self._cache = self._open_cache()
        self._cancellation = Cancellation()
        self._spending = Spending(run.config.budget)
        self._todo: queue.SimpleQueue[SampleKey] = queue.SimpleQueue()
        self._fatal: BaseException | None = None
        self._stop_asked: float | None = None
        self._ended = False
        self._working = 0
        self._idle = threading.Event()
        self._lock = threading.Lock()
        self.statuses: Counter[str] = Counter()

    def do(self, jobs: int) -> str:
        """Work until all is done or stopped; why it was stopped, or ''."""
        todo = self._queue_open_samples()
        self._progress.planned(len(self._run.samples), len(self._run.samples) - todo, jobs)
        self._working = min(jobs, todo)
        for number in range(self._working):
            threading.Thread(target=self._serve, name=f"sample-{number}", daemon=True).start()
        self._wait()
        if self._fatal is not None:
            raise self._fatal
        return self._cancellation.reason or self._decided

    def _queue_open_samples(self) -> int:
        """Queue what has no score; note attempts whose process died, and count what was spent."""
        count = 0
        results = latest_results(self._run.store, self._run.samples)
        for key, result in zip(self._run.samples, results, strict=True):
            for attempt in self._run.store.attempts(key):
                _note_interruption(attempt)
                self._spend(*_spent(attempt))
            if result is not None and result.grade is not None:
                self.statuses[result.status] += 1
            else:
                self._todo.put(key)
                count += 1
        return count

    def _wait(self) -> None:
        """Wait for the threads; watch the wall budget, Ctrl-C, and how long stopping takes.

        Not by Thread.join: a KeyboardInterrupt inside it makes a live thread look ended.
        """
        wall = self._run.config.budget.wall
        deadline = None if wall is None else time.monotonic() + wall
        while self._working:
            try:
                self._idle.wait(_POLL_SECONDS)
                if deadline is not None and time.monotonic() > deadline:
                    self._stop("the run's wall budget is used up")
                if self._stopping_takes(_GRACE_SECONDS):
                    self._end_sandboxes()
                if self._stopping_takes(_GIVE_UP_SECONDS):
                    return
            except KeyboardInterrupt:
                if self._cancellation.event.is_set():
                    self._end_sandboxes()
                self._stop("interrupted")

    def _stopping_takes(self, seconds: float) -> bool:
        """Whether the run was asked to stop more than `seconds` ago."""
        return self._stop_asked is not None and time.monotonic() - self._stop_asked > seconds

    def _end_sandboxes(self) -> None:
        """Take the machines away from samples that do not stop by themselves."""
        if not self._ended:
            self._ended = True
            self._cancellation.machines_gone = True
            self._progress.stopping("removing the sandboxes at once")
            with suppress(SandboxError):
                self._sandboxes.end(self._run.store.id)

    def _stop(self, reason: str) -> None:
        if not self._cancellation.event.is_set():
            self._stop_asked = time.monotonic()
            self._cancellation.request(reason)
            self._progress.stopping(reason)

    def _serve(self) -> None:
        """One thread: take samples until there are none, or the run is stopped."""
        try:
            self._take_samples()
        finally:
            with self._lock:
                self._working -= 1
                if not self._working:
                    self._idle.set()

    def _take_samples(self) -> None:
        while not self._cancellation.event.is_set() and not self._decided:
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
        if self._enough is not None and not self._todo.empty():
            self._decided = self._decided or self._enough(result)
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
            model=self._model(key),
            settings=run.config.settings_of(key.model),
            limits=sample_limits(task, run.config.limits),
            secrets=run.secrets(key, attempt.number),
            flag_owner=lambda text: run.flag_owner(text, besides=key),
            images=run.record["images"][task.environment.name],
            sandboxes=self._sandboxes,
            cancellation=self._cancellation,
            capture_bytes=run.config.capture_bytes,
            on_step=lambda step: self._progress.stepped(key, step),
            on_reply=self._count,
        )

    def _model(self, key: SampleKey) -> Model | None:
        """The sample's model; one object for all samples, or one in front of it with a cache."""
        if key.model == NO_MODEL:
            return None
        config = self._run.config
        with self._lock:
            if key.model not in self._models:
                opened = self._open_model(key.model, config, self._cancellation.event)
                self._models[key.model] = opened
            model = self._models[key.model]
        # A script may change, and costs nothing.
        if self._cache is None or key.model.startswith("scripted/"):
            return model
        pinned = config.pinned.get(key.model)
        target = find_target(
            key.model, base_url=config.base_url, settings=config.settings, pinned=pinned
        )
        return CachedModel(model, self._cache, target, key.epoch)

    def _open_cache(self) -> GenerationCache | None:
        folder = self._run.config.generation_cache
        if folder is None:
            return None
        return GenerationCache(
            Path(folder), lambda text: self._log.append(Noted(source=CACHE_NOTES, text=text))
        )

    def _count(self, reply: Reply) -> None:
        self._progress.spent(reply.usd, reply.usage.total)
        self._spend(reply.usd, reply.usage.total)

    def _spend(self, usd: float | None, tokens: int) -> None:
        if used_up := self._spending.add(usd, tokens):
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
        if not any(isinstance(line.event, Interrupted) for line in read_events(attempt.events)):
            log.append(Interrupted())
    finally:
        log.close()


def _spent(attempt: AttemptPaths) -> tuple[float | None, int]:
    """Dollars and tokens of an attempt: what its result says, else the replies in its log."""
    result = attempt.read_result()
    if result is not None:
        return result.usage.usd, result.usage.tokens
    if not attempt.events.exists():
        return 0.0, 0
    events = (line.event for line in read_events(attempt.events))
    replies = [event.reply for event in events if isinstance(event, ModelReplied)]
    usd = sum(reply.usd or 0.0 for reply in replies)
    return usd, sum(reply.usage.total for reply in replies)
