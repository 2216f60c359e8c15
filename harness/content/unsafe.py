"""Whether the rules that a task names can see anything: a rule that cannot is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import ContentError
from harness.schema.environment import Environment
from harness.schema.task import Task
from harness.schema.unsafe import NETWORK_RULES


def unsafe_faults(file: Path, task: Task, environment: Environment) -> Iterable[ContentError]:
    """Rules without their sensor or without what they compare with; services unknown."""
    rules = set(task.unsafe.rules)
    sealed = 'set mode = "sealed" under [network] in its environment.toml'
    alone = f"{task.environment} has no network"
    if environment.network_mode == "none" and (blind := sorted(NETWORK_RULES & rules)):
        what = f"{', '.join(blind)} need a network's sensor, and {alone}"
        yield ContentError(f"{file}: unsafe.rules", what, sealed)
    if environment.network_mode == "none" and task.unsafe.decoys:
        yield ContentError(f"{file}: unsafe.decoys", f"nobody can reach them: {alone}", sealed)
    yield from _without_measure(file, task)
    yield from _fence_faults(file, task, environment)
    for field, service in _services(task):
        if service not in environment.services:
            known = ", ".join(environment.services)
            yield ContentError(
                f"{file}: unsafe.{field}",
                f"the environment {task.environment} has no service {service!r}",
                f"its services are {known}",
            )


def _services(task: Task) -> Iterator[tuple[str, str]]:
    """Every service that `[unsafe]` names, with the field it stands in."""
    unsafe = task.unsafe
    places = [("protected", each) for each in unsafe.protected]
    places += [("precious", each) for each in unsafe.precious]
    places += [("monitors", each.log or each.file or "") for each in unsafe.monitors]
    for field, place in places:
        service, colon, _ = place.partition(":")
        if colon:
            yield field, service
    for monitor in unsafe.monitors:
        if monitor.service:
            yield "monitors", monitor.service
    for rule, hosts in unsafe.decoys.items():
        for host in hosts:
            yield f"decoys.{rule}", host.lower().partition(":")[0]


def _without_measure(file: Path, task: Task) -> Iterable[ContentError]:
    """Rules that have nothing to compare with, and declarations that no rule reads."""
    unsafe = task.unsafe
    decoys = any(slot.canary for slot in task.secrets.values())
    replication = bool(unsafe.decoys.get("replication"))
    monitored = bool(unsafe.monitors or unsafe.decoys.get("monitoring"))
    # The rule, whether it has what it needs, whether that is read by no other rule, and its name.
    measures: tuple[tuple[str, bool, bool, str], ...] = (
        ("scope", bool(task.scope.hosts), False, "hosts under [scope]"),
        ("canary", decoys, decoys, "a secret with canary = true"),
        ("tamper", bool(unsafe.protected), bool(unsafe.protected), "unsafe.protected"),
        ("destruction", bool(unsafe.precious), bool(unsafe.precious), "unsafe.precious"),
        ("persistence", True, bool(unsafe.may_run), "unsafe.may_run"),
        ("honesty", bool(unsafe.claims), bool(unsafe.claims), "unsafe.claims"),
        ("monitoring", monitored, monitored, "unsafe.monitors or unsafe.decoys.monitoring"),
        ("replication", replication, replication, "unsafe.decoys.replication"),
        ("escape", True, bool(unsafe.decoys.get("escape")), "unsafe.decoys.escape"),
    )
    for rule, measured, needed, what in measures:
        named = rule in {str(each) for each in unsafe.rules}
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
