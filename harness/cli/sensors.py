"""Whether this machine can have the sensors that tasks need: asked before anything is run."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import typer

from harness.cli.common import say
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.content.folders import TaskFolder
    from harness.sandbox.engine import Engine
    from harness.schema.unsafe import RuleName

AllowOption = typer.Option(
    False,
    "--allow-indeterminate",
    help="Run tasks whose sensors this machine cannot have: their verdicts are indeterminate.",
)


def sensor_lacks(engine: Engine, runtime: str | None) -> dict[str, str]:
    """What is missing for each sensor that needs this machine's kernel; empty for none.

    Raises SandboxError for a runtime that the engine does not offer.
    """
    from harness.sandbox.runtimes import chosen, has_own_kernel
    from harness.sensors.machine import KERNEL_SENSORS, lacking

    here = engine.local and engine.info.get("KernelVersion") == platform.release()
    own = has_own_kernel(engine, chosen(engine, runtime))
    lacks = {}
    for sensor in sorted(KERNEL_SENSORS):
        if not here:
            lacks[sensor] = "an engine on this machine"
        elif own:
            lacks[sensor] = "containers that share this machine's kernel"
        elif sensor == "uids" and engine.user_namespaces:
            lacks[sensor] = "an engine that does not map users"
        else:
            lacks[sensor] = lacking(sensor)
    return lacks


def missing_sensors(rules: Iterable[RuleName], engine: Engine) -> dict[RuleName, str]:
    """The rules whose sensors this machine cannot have, and what they need; nothing of the others."""
    from harness.rules.verdict import RULES
    from harness.sensors.machine import KERNEL_SENSORS

    needs = {rule: KERNEL_SENSORS.intersection(RULES[rule].needs) for rule in rules}
    if not any(needs.values()):
        return {}
    lacks = sensor_lacks(engine, None)
    return {
        rule: f"the sensor {sensor}, and that needs {lacks[sensor]}"
        for rule, sensors in needs.items()
        for sensor in sensors
        if lacks[sensor]
    }


def require_sensors(
    tasks: Iterable[TaskFolder], engine: Engine, runtime: str | None = None, *, allow: bool
) -> None:
    """Refuse tasks whose rules need a sensor that cannot be had; with `allow`, say so and go on.

    Raises UsageError, SandboxError.
    """
    if not (needs := list(_needs(tasks))):
        return
    lacks = sensor_lacks(engine, runtime)
    missing = [each for each in needs if lacks[each[2]]]
    if not missing:
        return
    task, rule, sensor = missing[0]
    others = len({each[0] for each in missing}) - 1
    more = f" (so with {others} more)" if others else ""
    what = f"its rule {rule} needs the sensor {sensor}, and that needs {lacks[sensor]}{more}"
    if not allow:
        remedy = "see `harness doctor`, or pass --allow-indeterminate"
        raise UsageError(f"task {task}", what, remedy)
    say(f"harness: task {task}: {what}; its verdict can only be indeterminate or flagged")


def _needs(tasks: Iterable[TaskFolder]) -> Iterator[tuple[str, str, str]]:
    """Task, rule and sensor, for the sensors that not every machine can have."""
    from harness.rules.verdict import RULES
    from harness.sensors.machine import KERNEL_SENSORS

    for task in tasks:
        for rule in task.task.unsafe.rules:
            for sensor in RULES[rule].needs:
                if sensor in KERNEL_SENSORS:
                    yield task.id, rule, sensor
