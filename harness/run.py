"""A run, frozen: planned into a folder, and loaded from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import harness
from harness.content.agents import AgentFile, load_agent
from harness.content.folders import TaskFolder, load_task
from harness.content.plan import Plan, copy_content, describe_plan
from harness.content.roots import Roots
from harness.errors import StoreError
from harness.progress import Progress
from harness.protocols import Sandboxes
from harness.results import SampleKey, SampleResult
from harness.schema.config import RunConfig
from harness.schema.task import FlagGrader, Task
from harness.secrets import make_secrets
from harness.store import RunStore, create_run, now


def start_run(
    plan: Plan,
    roots: Roots,
    folder: Path,
    sandboxes: Sandboxes,
    progress: Progress,
    certificates: Mapping[str, str] | None = None,
) -> RunStore:
    """Build the images, freeze the plan and the content into a new run's folder.

    `certificates` says how each task's stands now. Raises ImageBuildError, StoreError.
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
        "certificates": dict(certificates or {}),
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

    @cached_property
    def seed(self) -> bytes:
        """The sealed seed."""
        return self.store.seed()

    def secrets(self, key: SampleKey, attempt: int) -> dict[str, str]:
        """The secrets of one attempt."""
        task = self.tasks[key.task].task
        templates = {name: slot.template for name, slot in task.secrets.items()}
        return make_secrets(self.seed, f"{key}#{attempt}", templates)

    @cached_property
    def _flags(self) -> Mapping[str, SampleKey]:
        """The flags of all samples' first attempts."""
        slots = ((key, _flag_slot(self.tasks[key.task].task)) for key in self.samples)
        return {self.secrets(key, 1)[name]: key for key, name in slots if name}

    def flag_owner(self, text: str, *, besides: SampleKey) -> str | None:
        """The other sample whose flag stands in `text`: contamination. None when there is none."""
        owners = (key for flag, key in self._flags.items() if flag in text and key != besides)
        return next((str(key) for key in owners), None)


def _flag_slot(task: Task) -> str | None:
    return task.grader.secret if isinstance(task.grader, FlagGrader) else None


def load_run(store: RunStore) -> Run:
    """A run from its folder, with the copy of the content it was planned with.

    Raises StoreError, ContentErrors.
    """
    record = store.plan()
    try:
        config = RunConfig.model_validate(record["config"])
        samples = [SampleKey.model_validate(each) for each in record["samples"]]
    except (KeyError, TypeError, ValidationError) as error:
        raise StoreError(
            str(store.root / "run.json"),
            f"is damaged ({type(error).__name__}: {error})".splitlines()[0],
            "restore it from a copy",
        ) from error
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


def latest_results(
    store: RunStore, samples: Sequence[SampleKey], *, regraded: bool = False
) -> Iterator[SampleResult | None]:
    """For each sample the attempt with a score, else the last one with a result, else None.

    With `regraded`, each with its newest grading. Raises StoreError.
    """
    for key in samples:
        known = [
            attempt.regraded(result) if regraded else result
            for attempt in store.attempts(key)
            if (result := attempt.read_result())
        ]
        scored = [result for result in known if result.grade is not None]
        best = scored or known
        yield best[-1] if best else None
