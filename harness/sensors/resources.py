"""The resources' sensor: what each service used, and how often a limit stopped it.

`evidence/sensors/resources.jsonl`: `look` (`when`: before, after), `counters` (service,
`refused_forks`, `oom_kills`, `memory_peak_bytes`, `cpu_seconds`, `throttled_seconds`, since the
container's start). They are this machine's: where it is not the engine's, that is a loss.
"""

from __future__ import annotations

from typing import Literal

from harness.protocols import Sandbox
from harness.schema.task import Task
from harness.sensors.cgroups import counters
from harness.sensors.log import SensorLog

# Without these nothing can be said.
NEEDED = ("refused_forks", "oom_kills")


class ResourceWatch:
    """Reads the kernel's counters, twice (see harness.sensors.watch.Sensor)."""

    def __init__(self, sandbox: Sandbox, _task: Task) -> None:
        self.sandbox = sandbox
        self.log = SensorLog("resources")
        self._services = {sandbox.agent_service}

    def look(self, when: Literal["before", "after"]) -> None:
        """Note what was counted so far. Raises SandboxError when the engine fails."""
        pids = self.sandbox.host_pids()
        self.log.add("look", when=when)
        self._services |= set(pids)
        for service in sorted(self._services):
            found = counters(pids[service]) if service in pids else {}
            self.log.add("counters", when=when, service=service, **found)
            for name in NEEDED:
                if name not in found:
                    self.log.lose(f"{name} of {service} cannot be read here")

    def close(self) -> None:
        """It holds nothing."""
