"""The plan of a run: every sample, and a copy of all content that the samples come from."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.content.agents import AgentFile, load_agent
from harness.content.folders import TaskFolder, folder_digest
from harness.content.roots import Roots
from harness.content.select import select_tasks
from harness.errors import ContentError, StoreError, UsageError
from harness.messages import Settings
from harness.results import SampleKey
from harness.schema.config import LimitOverrides, RunConfig
from harness.schema.task import Limits

NO_MODEL = "none"


@dataclass(frozen=True)
class Plan:
    """What will be done, fully loaded and checked."""

    config: RunConfig
    tasks: Sequence[TaskFolder]
    agents: Sequence[AgentFile]
    samples: Sequence[SampleKey]


def make_plan(
    config: RunConfig,
    roots: Roots,
    check_model: Callable[[str], None],
    price_known: Callable[[str], bool],
) -> Plan:
    """Load, check and expand a configuration.

    Raises ContentErrors or UsageError: nothing has been started then.
    """
    agents = [load_agent(spec, roots) for spec in dict.fromkeys(config.agents)]
    wanting = [agent.spec for agent in agents if agent.wants_model]
    if wanting and not config.models:
        raise UsageError(
            f"agent {wanting[0]!r}",
            "it needs a model",
            "add --model anthropic/<id>, or try --agent oracle, which needs none",
        )
    models = list(dict.fromkeys(config.models)) if wanting else []
    _check_settings(config)
    for model in models:
        check_model(model)
    tasks = select_tasks(config.selectors, roots)
    _check_names(agents)
    _check_variants(tasks, config.variants)
    check_scripts(tasks, agents)
    _check_prices(tasks, models, config, price_known)
    samples = [
        SampleKey(task=task.id, variant=variant, model=model, agent=agent.spec, epoch=epoch)
        for epoch in range(1, config.epochs + 1)
        for agent in agents
        for model in (models if agent.wants_model else [NO_MODEL])
        for task in tasks
        for variant in _variants(task, config.variants)
    ]
    return Plan(config, tasks, agents, samples)


def _check_settings(config: RunConfig) -> None:
    """Settings that no model would be asked with are not dropped in silence."""
    given = config.base_url is not None or config.settings != Settings()
    if given and config.models and config.pinned.keys() >= set(config.models):
        raise UsageError(
            "model settings",
            "every model is a file, which alone says how its model is asked",
            "write settings and base_url into the model file, not on the command line",
        )


def _check_names(agents: Iterable[AgentFile]) -> None:
    """A run keeps its agents by name: two of the same name would become one."""
    paths: dict[str, Path] = {}
    for agent in agents:
        if paths.setdefault(agent.path.stem, agent.path) != agent.path:
            raise UsageError(
                f"agent {agent.spec!r}",
                f"{paths[agent.path.stem]} has the same name",
                "rename one, or run them apart",
            )


def _check_variants(tasks: Iterable[TaskFolder], wanted: Iterable[str]) -> None:
    known = {"all", "default", *(name for task in tasks for name in task.task.variants)}
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            raise UsageError(
                f"--variant {name}",
                "no selected task has it",
                f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}",
            )


def _variants(task: TaskFolder, wanted: Iterable[str]) -> list[str]:
    known = ["default", *task.task.variants]
    return known if "all" in wanted else [name for name in known if name in wanted]


def check_scripts(tasks: Iterable[TaskFolder], agents: Iterable[AgentFile]) -> None:
    """See that every task has the scripts that the agents carry out, as text.

    Raises UsageError, ContentError.
    """
    for agent in agents:
        for task in tasks if agent.script else ():
            path = task.path / agent.script
            if not path.is_file():
                known = ", ".join(f"cheat:{name}" for name in task.cheats) or "no cheats"
                raise UsageError(
                    f"agent {agent.spec!r} on {task.id}",
                    f"{path} does not exist",
                    f"add it, or leave the task out (it has {known})",
                )
            try:
                path.read_text("utf-8")
            except UnicodeDecodeError as error:
                raise ContentError(str(path), "is not UTF-8 text", "save it as UTF-8") from error


def _check_prices(
    tasks: Iterable[TaskFolder],
    models: Iterable[str],
    config: RunConfig,
    price_known: Callable[[str], bool],
) -> None:
    for model in models:
        if price_known(model):
            continue
        limited = [task.id for task in tasks if sample_limits(task, config.limits).usd]
        if config.budget.usd or limited:
            raise UsageError(
                f"model {model!r}",
                "its price is unknown, so a usd limit cannot be held",
                "name its price in a model file or the file of $HARNESS_PRICES, or drop the usd limit",
            )


def sample_limits(task: TaskFolder, overrides: LimitOverrides) -> Limits:
    """A task's limits with those of the command line in their place."""
    given = overrides.model_dump(exclude_none=True)
    return task.task.limits.model_copy(update=given)


def copy_content(plan: Plan, roots: Roots, into: Path) -> None:
    """Copy what the plan uses below `into`, laid out like any root of content.

    Raises StoreError.
    """
    for task in plan.tasks:
        suite, name = task.id.split("/")
        _copy(task.path, into / "tasks" / suite / name)
        suite_file = task.path.parent / "suite.toml"
        if suite_file.is_file():
            _copy(suite_file, into / "tasks" / suite / "suite.toml")
        _copy(task.environment.path, into / "environments" / task.environment.name)
    for agent in plan.agents:
        _copy(agent.path, into / "agents" / agent.path.name)
    for folder in roots.folders("docker")[:1]:
        for image in folder.glob("*/Dockerfile"):
            _copy(image.parent, into / "docker" / image.parent.name)


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, ignore=ignore, ignore_dangling_symlinks=True)
        else:
            shutil.copyfile(source, target)
    except OSError as error:
        raise StoreError(
            str(target), f"cannot be copied from {source} ({error})", "free disk space or mend it"
        ) from error


def describe_plan(plan: Plan) -> dict[str, Any]:
    """The part of `run.json` that tells what will be done."""
    return {
        "config": plan.config.model_dump(mode="json"),
        "samples": [key.model_dump() for key in plan.samples],
        "tasks": {
            task.id: {
                "digest": folder_digest(task.path),
                "environment": task.environment.name,
                "environment_digest": folder_digest(task.environment.path),
                "limits": sample_limits(task, plan.config.limits).model_dump(),
                "source": str(task.path),
            }
            for task in plan.tasks
        },
        "agents": {agent.spec: agent.digest for agent in plan.agents},
    }
