"""The samples that a check is made from: one run of the usual runner, in a folder of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from harness.check.builtin import with_builtin_cheats
from harness.content.agents import load_agent
from harness.content.folders import TaskFolder
from harness.content.plan import NO_MODEL, Plan, check_scripts
from harness.content.roots import Roots
from harness.errors import NotReadyError
from harness.orders import SandboxOrder
from harness.progress import Progress
from harness.protocols import Sandbox, Sandboxes
from harness.results import SampleKey, SampleResult
from harness.run import Run, load_run, start_run
from harness.runner import execute
from harness.schema.config import RunConfig
from harness.schema.environment import Environment

ORACLE, IDLE, CHEAT = "oracle", "idle", "cheat:"
ORACLE_SAMPLES = 3


@dataclass
class Watched:
    """Sandboxes that remember whose services or setup failed: that is the task's own fault."""

    inner: Sandboxes
    not_ready: dict[str, str] = field(default_factory=dict)

    @property
    def posture(self) -> Mapping[str, Any]:
        """As the sandboxes inside have it."""
        return self.inner.posture

    def images(self, environment: Environment, folder: Path) -> Mapping[str, str]:
        """As the sandboxes inside have them."""
        return self.inner.images(environment, folder)

    def open(self, order: SandboxOrder) -> AbstractContextManager[Sandbox]:
        """As the sandboxes inside do it."""
        return self._noting(order)

    @contextmanager
    def _noting(self, order: SandboxOrder) -> Iterator[Sandbox]:
        try:
            with self.inner.open(order) as sandbox:
                yield sandbox
        except NotReadyError as error:
            self.not_ready[order.sample] = str(error)
            raise

    def ping(self) -> None:
        """As the sandboxes inside do it."""
        self.inner.ping()

    def end(self, run: str) -> None:
        """As the sandboxes inside do it."""
        self.inner.end(run)


@dataclass(frozen=True)
class Rehearsal:
    """The finished run. `not_ready` tells, by sample, how its services or setup failed."""

    run: Run
    not_ready: Mapping[str, str]
    stopped: str

    def samples(self, task: str) -> Mapping[str, Sequence[SampleKey]]:
        """A task's samples by agent, in order."""
        found: dict[str, list[SampleKey]] = {}
        for key in self.run.samples:
            if key.task == task:
                found.setdefault(key.agent, []).append(key)
        return found

    def result(self, key: SampleKey) -> SampleResult | None:
        """What came out of a sample; None when it was never run."""
        attempts = self.run.store.attempts(key)
        return attempts[-1].read_result() if attempts else None


def rehearse(
    tasks: Sequence[TaskFolder],
    roots: Roots,
    sandboxes: Sandboxes,
    progress: Progress,
    folder: Path,
    *,
    jobs: int,
    repeat: int,
) -> Rehearsal:
    """Run oracle, idle and all cheats on the tasks below `folder`.

    `repeat` multiplies the samples. Raises ImageBuildError, StoreError, ContentError.
    """
    staged = [with_builtin_cheats(task, folder / "staged") for task in tasks]
    samples = [key for task in staged for key in _samples(task, repeat)]
    specs = list(dict.fromkeys([ORACLE, IDLE, *(key.agent for key in samples)]))
    config = RunConfig(selectors=[task.id for task in tasks], agents=specs, jobs=jobs, name="check")
    agents = {spec: load_agent(spec, roots) for spec in specs}
    for task in staged:
        check_scripts([task], [agents[key.agent] for key in samples if key.task == task.id])
    plan = Plan(config, staged, list(agents.values()), samples)
    run = load_run(start_run(plan, roots, folder, sandboxes, progress))
    watched = Watched(sandboxes)
    outcome = execute(run, watched, no_model, progress)
    return Rehearsal(run, watched.not_ready, outcome.stopped)


def _samples(task: TaskFolder, repeat: int) -> Iterator[SampleKey]:
    """The oracle's samples first: the longest, and the ones that later checks stand on."""
    scripted = "bash" in task.task.tools
    counts = {IDLE: repeat}
    if scripted and task.solution.is_file():
        counts = {ORACLE: ORACLE_SAMPLES * repeat, **counts}
    if scripted:
        counts |= {f"{CHEAT}{name}": repeat for name in task.cheats}
    for agent, count in counts.items():
        for epoch in range(1, count + 1):
            yield SampleKey(task=task.id, model=NO_MODEL, agent=agent, epoch=epoch)


def no_model(name: str, _config: RunConfig, _cancelled: threading.Event) -> NoReturn:
    """No agent of a check asks for a model."""
    msg = f"no agent of a check has a model, and {name} was asked for"
    raise RuntimeError(msg)
