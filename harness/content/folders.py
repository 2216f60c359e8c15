"""Environments and tasks as folders: loaded, checked against each other and against the disk."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from harness.content.placements import placement_faults
from harness.content.roots import Roots
from harness.content.toml import load_model
from harness.content.unsafe import unsafe_faults
from harness.errors import ContentError, ContentErrors
from harness.schema.environment import Environment
from harness.schema.task import Scope, ScriptGrader, Suite, Task

T = TypeVar("T")
SOLUTION = "solution.sh"


@dataclass(frozen=True)
class EnvironmentFolder:
    """An environment and the folder it was read from."""

    name: str
    path: Path
    environment: Environment


@dataclass(frozen=True)
class TaskFolder:
    """A task, its environment, and the folder it was read from. `id` is "suite/task"."""

    id: str
    path: Path
    task: Task
    suite: Suite
    environment: EnvironmentFolder

    def instruction(self, variant: str) -> str:
        """The prompt of a variant ("default" is the task's own). Raises KeyError for unknown."""
        chosen = None if variant == "default" else self.task.variants[variant]
        name = (chosen and chosen.instruction) or "instruction.md"
        text = (self.path / name).read_text("utf-8").strip()
        return f"{text}\n\n{chosen.prompt.strip()}" if chosen and chosen.prompt else text

    def scope(self, variant: str) -> Scope:
        """The scope in a variant. Raises KeyError for an unknown one."""
        chosen = None if variant == "default" else self.task.variants[variant]
        changes = chosen.model_dump(include={"inside", "outside"}) if chosen else {}
        given = {name: value for name, value in changes.items() if value is not None}
        return self.task.scope.model_copy(update=given)

    @property
    def solution(self) -> Path:
        """Where its solution is, if it has one."""
        return self.path / SOLUTION

    def cheat(self, name: str) -> Path:
        """Where a cheat is."""
        return self.path / "cheats" / f"{name}.sh"

    @property
    def cheats(self) -> list[str]:
        """The names of the task's own cheats."""
        return sorted(path.stem for path in self.path.glob("cheats/*.sh"))


def folder_digest(path: Path) -> str:
    """SHA-256 over the paths and contents of a file, or of all files of a folder."""
    total = hashlib.sha256()
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    for file in files:
        if file.is_file() and "__pycache__" not in file.parts:
            name = file.relative_to(path).as_posix().encode()
            data = file.read_bytes()
            total.update(len(name).to_bytes(8, "big") + name)
            total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def load_environment(path: Path) -> EnvironmentFolder:
    """The environment of a folder. Raises ContentErrors with everything that is wrong."""
    file = path / "environment.toml"
    environment = load_model(file, Environment)
    faults = []
    for name, service in environment.services.items():
        if service.build is not None and not (path / service.build / "Dockerfile").is_file():
            faults.append(
                ContentError(
                    f"{file}: services.{name}.build",
                    f"{path / service.build} holds no Dockerfile",
                    "add one, or name another folder",
                )
            )
    if faults:
        raise ContentErrors(faults)
    return EnvironmentFolder(path.name, path, environment)


def load_task(path: Path, roots: Roots) -> TaskFolder:
    """The task of a folder, with its suite and environment.

    Raises ContentErrors with everything that is wrong in any of them.
    """
    file = path / "task.toml"
    faults: list[ContentError] = []
    environment = None
    suite = _gather(faults, lambda: _load_suite(path.parent))
    task = _gather(faults, lambda: load_model(file, Task))
    if task is not None:
        name = task.environment
        environment = _gather(faults, lambda: _find_environment(file, name, roots))
        faults += _missing_files(path, task)
        faults += _evidence_faults(file, task)
        if environment is not None:
            faults += _service_faults(file, task, environment.environment)
            faults += placement_faults(file, task, environment.environment, environment.path)
            faults += _read_only_faults(file, task, environment.environment)
            faults += unsafe_faults(file, task, environment.environment)
    if suite is None or task is None or environment is None or faults:
        raise ContentErrors(faults)
    limits = suite.limits.model_copy(update=task.limits.model_dump(exclude_unset=True))
    task = task.model_copy(update={"limits": limits})
    return TaskFolder(f"{path.parent.name}/{path.name}", path, task, suite, environment)


def _gather(faults: list[ContentError], load: Callable[[], T]) -> T | None:
    """What `load` gives, or None with its faults added to `faults`."""
    try:
        return load()
    except ContentErrors as errors:
        faults += errors.errors
        return None


def _load_suite(path: Path) -> Suite:
    file = path / "suite.toml"
    if file.is_file():
        return load_model(file, Suite)
    return Suite.model_validate({"schema": 1, "title": path.name})


def _find_environment(file: Path, name: str, roots: Roots) -> EnvironmentFolder:
    environments = roots.children("environments", "environment.toml")
    if name not in environments:
        known = ", ".join(sorted(environments)) or "none"
        near = difflib.get_close_matches(name, environments, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"known: {known}"
        raise ContentErrors(
            [
                ContentError(
                    f"{file}: environment",
                    f"there is no environment {name!r}",
                    f"{advice}; or add environments/{name}/environment.toml",
                )
            ]
        )
    return load_environment(environments[name])


def _missing_files(path: Path, task: Task) -> Iterable[ContentError]:
    """Files that the task names and that are not there."""
    named = [("instruction.md", "the instruction")]
    if isinstance(task.grader, ScriptGrader):
        named.append((task.grader.script, "grader.script"))
    if task.setup is not None:
        named.append((task.setup.script, "setup.script"))
    named += [(copy.source, "files.source") for copy in task.files]
    named += [
        (source, f"collect.commands {command.name} files")
        for command in task.collect.commands
        for source in command.files.values()
    ]
    named += [
        (variant.instruction, f"variants.{name}.instruction")
        for name, variant in task.variants.items()
        if variant.instruction
    ]
    for name, field in named:
        if not (path / name).exists():
            yield ContentError(
                f"{path / 'task.toml'}: {field}", f"{path / name} does not exist", "add the file"
            )
    prompts = ["instruction.md", *(each.instruction for each in task.variants.values())]
    for prompt in dict.fromkeys(name for name in prompts if name and (path / name).is_file()):
        yield from _prompt_faults(path / prompt)


def _prompt_faults(file: Path) -> Iterable[ContentError]:
    try:
        if not file.read_text("utf-8").strip():
            yield ContentError(str(file), "is empty", "say what the agent shall do")
    except UnicodeDecodeError:
        yield ContentError(str(file), "is not UTF-8 text", "save it as UTF-8")


def _service_faults(file: Path, task: Task, environment: Environment) -> Iterable[ContentError]:
    """Services, secrets and probes that the task names and that do not exist."""
    named: list[tuple[str, str]] = []
    for name, slot in task.secrets.items():
        named += [(f"secrets.{name}.place.service", place.service) for place in slot.place]
    named += [("files.service", copy.service) for copy in task.files if copy.service]
    if task.setup and task.setup.service:
        named.append(("setup.service", task.setup.service))
    for entry in task.collect.files:
        service, colon, _ = entry.partition(":")
        if colon:
            named.append(("collect.files", service))
    named += [
        (f"collect.commands {command.name}", command.service)
        for command in task.collect.commands
        if command.service
    ]
    named += [
        (f"milestones {milestone.name}", milestone.evidence.service_log)
        for milestone in task.milestones
        if milestone.evidence.service_log
    ]
    for field, service in named:
        if service not in environment.services:
            known = ", ".join(environment.services)
            yield ContentError(
                f"{file}: {field}",
                f"the environment {task.environment} has no service {service!r}",
                f"its services are {known}",
            )


def _read_only_faults(file: Path, task: Task, environment: Environment) -> Iterable[ContentError]:
    """Files that a task puts where a service with a read-only root cannot take them."""
    agents = environment.agent_service
    placed = [(f"files {each.source}", each.service or agents, each.path) for each in task.files]
    placed += [
        (f"secrets.{name}.place.file", place.service, place.file)
        for name, slot in task.secrets.items()
        for place in slot.place
        if place.file
    ]
    # The agent's own service is looked at in a copy, whose root can be written.
    placed += [
        (f"collect.commands {command.name} files", command.service, path)
        for command in task.collect.commands
        if command.service and command.service != agents
        for path in command.files
    ]
    if task.setup:
        placed.append(("setup.script", task.setup.service or agents, ""))
    for field, name, path in placed:
        service = environment.services.get(name)
        if service is None or any(
            PurePosixPath(path or place).is_relative_to(place) for place in service.places
        ):
            continue
        writable = ", ".join(service.writable) or "no folder at all"
        yield ContentError(
            f"{file}: {field}",
            f"{path or 'the script'} cannot be put into {name}: its root is read-only",
            f"choose a place below what is writable there ({writable}), or add one to "
            f"services.{name}.writable",
        )


def _evidence_faults(file: Path, task: Task) -> Iterable[ContentError]:
    """Checks and milestones on evidence that is never collected, or on unknown secrets."""
    commands = {command.name for command in task.collect.commands}
    probes = [(f"milestones {each.name}", each.evidence.probe) for each in task.milestones]
    files = [(f"milestones {each.name}", each.evidence.file) for each in task.milestones]
    if task.grader.type == "checks":
        probes += [(f"grader.tests {each.name}", each.probe) for each in task.grader.tests]
        files += [(f"grader.tests {each.name}", each.file) for each in task.grader.tests]
    claims = [each.test for each in task.unsafe.claims]
    probes += [(f"unsafe.claims {each.name}", each.probe) for each in claims]
    files += [(f"unsafe.claims {each.name}", each.file) for each in claims]
    for field, name in probes:
        if name is not None and name not in commands:
            yield ContentError(
                f"{file}: {field}",
                f"there is no collected command {name!r}",
                "add it under [[collect.commands]]",
            )
    for field, name in files:
        if name is not None and not _collected(name, task.collect.files):
            yield ContentError(
                f"{file}: {field}", f"{name!r} is not collected", "add it to collect.files"
            )

    for field, text in _expectations(task):
        for name in re.findall(r"\{secret:([^{}]*)\}", text):
            if name not in task.secrets:
                known = ", ".join(task.secrets) or "none"
                yield ContentError(
                    f"{file}: {field}", f"there is no secret {name!r}", f"its secrets are {known}"
                )


def _expectations(task: Task) -> Iterable[tuple[str, str]]:
    """Every text that may name a secret, with the field it stands in."""
    for milestone in task.milestones:
        yield f"milestones {milestone.name}", milestone.evidence.contains
    if task.grader.type == "checks":
        for each in task.grader.tests:
            text = each.contains or each.equals or each.matches or ""
            yield f"grader.tests {each.name}", text
    for claim in task.unsafe.claims:
        test = claim.test
        yield f"unsafe.claims {test.name}", test.contains or test.equals or test.matches or ""


def _collected(name: str, entries: Iterable[str]) -> bool:
    return any(name == entry or name.startswith(entry.rstrip("/") + "/") for entry in entries)


def load_all(paths: Iterable[Path], load: Callable[[Path], T]) -> list[T]:
    """Load each path; all faults of all of them are raised together as ContentErrors."""
    loaded: list[T] = []
    faults: list[ContentError] = []
    for path in paths:
        try:
            loaded.append(load(path))
        except ContentErrors as errors:
            faults.extend(errors.errors)
        except ContentError as error:
            faults.append(error)
    if faults:
        unique: dict[str, ContentError] = {str(fault): fault for fault in faults}
        raise ContentErrors(list(unique.values()))
    return loaded


def describe(folder: TaskFolder) -> dict[str, Any]:
    """A task as `harness list tasks --json` gives it."""
    task = folder.task
    return {
        "id": folder.id,
        "title": task.title,
        "environment": task.environment,
        "variants": ["default", *task.variants],
        "tools": list(task.tools),
        "grader": task.grader.type,
        "limits": task.limits.model_dump(),
        "milestones": [milestone.name for milestone in task.milestones],
        "unsafe_rules": list(task.unsafe.rules),
        "cheats": folder.cheats,
        "oracle": folder.solution.is_file(),
        "metadata": task.metadata.model_dump(),
        "path": str(folder.path),
    }
