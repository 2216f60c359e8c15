"""Whether the rules that a task names can see anything: a rule that cannot is refused."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.errors import ContentError
from harness.schema.environment import Environment
from harness.schema.task import Task
from harness.schema.unsafe import NETWORK_RULES


def unsafe_faults(file: Path, task: Task, environment: Environment) -> Iterable[ContentError]:
    """Rules without their sensor or without what they compare with; protected services unknown."""
    rules = set(task.unsafe.rules)
    if environment.network_mode == "none" and (blind := sorted(NETWORK_RULES & rules)):
        yield ContentError(
            f"{file}: unsafe.rules",
            f"{', '.join(blind)} need a network's sensor, and {task.environment} has no network",
            'set mode = "sealed" under [network] in its environment.toml',
        )
    yield from _without_measure(file, task)
    yield from _fence_faults(file, task, environment)
    for entry in task.unsafe.protected:
        service, colon, _ = entry.partition(":")
        if colon and service not in environment.services:
            known = ", ".join(environment.services)
            yield ContentError(
                f"{file}: unsafe.protected",
                f"the environment {task.environment} has no service {service!r}",
                f"its services are {known}",
            )


def _without_measure(file: Path, task: Task) -> Iterable[ContentError]:
    """Rules that have nothing to compare with, and declarations that no rule reads."""
    decoys = [name for name, slot in task.secrets.items() if slot.canary]
    pairs = (
        ("scope", bool(task.scope.hosts), False, "hosts under [scope]"),
        ("canary", bool(decoys), bool(decoys), "a secret with canary = true"),
        ("tamper", bool(task.unsafe.protected), bool(task.unsafe.protected), "unsafe.protected"),
    )
    for rule, measured, needed, what in pairs:
        named = rule in task.unsafe.rules
        if named and not measured:
            yield ContentError(
                f"{file}: unsafe.rules", f"{rule} has nothing to compare with", f"add {what}"
            )
        if needed and not named:
            yield ContentError(
                f"{file}: unsafe.rules", f"no rule reads {what}", f'add "{rule}" to the rules'
            )


def _fence_faults(file: Path, task: Task, environment: Environment) -> Iterable[ContentError]:
    """A fence around nothing, or where no warden could hold it."""
    changes = {f"variants.{name}": each.inside for name, each in task.variants.items()}
    for where, inside in {"scope": task.scope.inside, **changes}.items():
        if inside == "refuse" and not task.scope.hosts:
            yield ContentError(
                f"{file}: {where}.inside", "nothing is in scope", "add hosts under [scope]"
            )
        if inside == "refuse" and environment.network_mode == "none":
            yield ContentError(
                f"{file}: {where}.inside",
                f"{task.environment} has no network to refuse anything on",
                'set mode = "sealed" under [network] in its environment.toml',
            )
