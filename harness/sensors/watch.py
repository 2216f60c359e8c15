"""All sensors of one sample that look at it twice: before the agent, and when it stands still.

The network's sensor is not among them: the warden is a part of the sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from harness.protocols import Sandbox
from harness.schema.task import Task
from harness.sensors.files import FileWatch
from harness.sensors.kernel.looking import KernelWatch
from harness.sensors.log import SensorLog
from harness.sensors.processes import ProcessWatch
from harness.sensors.resources import ResourceWatch

When = Literal["before", "after"]


class Sensor(Protocol):
    """One sensor of one sample. What it cannot see is counted in its log, and is no exception.

    It raises SandboxError for a sandbox that is gone or an engine that fails.
    """

    log: SensorLog

    def look(self, when: When) -> None:
        """Note how things are, and prove that it lives."""
        ...

    def close(self) -> None:
        """Let go of what it holds; called once, whatever happened."""
        ...


# Made with the sandbox and the task, by the name that rules need them under.
SENSORS: Mapping[str, Callable[[Sandbox, Task], Sensor]] = {
    "files": FileWatch,
    "processes": ProcessWatch,
    "resources": ResourceWatch,
    "calls": partial(KernelWatch, "calls"),
    "uids": partial(KernelWatch, "uids"),
    "reads": partial(KernelWatch, "reads"),
}


@dataclass(frozen=True)
class Watch:
    """The open sensors of one sample."""

    sensors: Sequence[Sensor]

    def look(self, when: When) -> None:
        """Let each look. Raises SandboxError."""
        for sensor in self.sensors:
            sensor.look(when)

    def save(self, folder: Path) -> None:
        """Write their logs into the folder of sensors. Raises OSError."""
        for sensor in self.sensors:
            sensor.log.save(folder)


@contextmanager
def open_watch(sandbox: Sandbox, task: Task, needed: Collection[str]) -> Iterator[Watch]:
    """Open the sensors of these names; others are the sandbox's own."""
    made: list[Sensor] = []
    try:
        for name, make in SENSORS.items():
            if name in needed:
                made.append(make(sandbox, task))
        yield Watch(made)
    finally:
        for sensor in made:
            sensor.close()
