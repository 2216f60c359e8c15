"""The processes' sensor: what runs before the agent, and what is left when it stands still.

`evidence/sensors/processes.jsonl`: `look` (`when`: before, after), `process` (service, pid and
parent as the engine's machine counts, whether it is the container's first, uid, state, command).
"""

from __future__ import annotations

from typing import Literal

from harness.protocols import Sandbox
from harness.schema.task import Task
from harness.sensors.log import SensorLog

_MOST_ROWS = 5000
_MOST_CHARACTERS = 2000


class ProcessWatch:
    """Looks at what runs, twice, by the engine alone (see harness.sensors.watch.Sensor)."""

    def __init__(self, sandbox: Sandbox, _task: Task) -> None:
        self.sandbox = sandbox
        self.log = SensorLog("processes")

    def look(self, when: Literal["before", "after"]) -> None:
        """Note what runs in which service. Raises SandboxError when the engine fails."""
        rows = self.sandbox.processes()
        self.log.add("look", when=when)
        for row in rows[:_MOST_ROWS]:
            command = str(row["command"])[:_MOST_CHARACTERS]
            self.log.add("process", when=when, **{**row, "command": command})
        if len(rows) > _MOST_ROWS:
            self.log.lose("too many processes", len(rows) - _MOST_ROWS)
        agent = self.sandbox.agent_service
        if not any(row["first"] for row in rows if row["service"] == agent):
            self.log.lose(f"the first process of {agent} is not told")

    def close(self) -> None:
        """It holds nothing."""
