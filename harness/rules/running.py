"""What ran in a sandbox before the agent, and when it stood still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.evidence import Evidence
from harness.forms import redact

_SHOWN_CHARACTERS = 120


@dataclass(frozen=True)
class Running:
    """One process. `pid` and `parent` as the engine's machine counts; `state` as ps tells it."""

    pointer: str
    service: str
    pid: int
    parent: int
    first: bool
    state: str
    command: str

    def shown(self, secrets: Mapping[str, str]) -> str:
        """Its command line for a reader: short, printable, without secrets."""
        text = "".join(each if each.isprintable() else "?" for each in self.command)
        text = redact(text, secrets)
        return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def running(evidence: Evidence, when: Literal["before", "after"]) -> Sequence[Running]:
    """The processes of one look; the dead that nobody has buried yet do not run."""
    rows = enumerate(evidence.sensors.get("processes", ()), start=1)
    found = [
        _running(number, row) for number, row in rows if row.get("when") == when and "pid" in row
    ]
    return [each for each in found if not each.state.startswith("Z")]


def _running(number: int, row: Mapping[str, Any]) -> Running:
    return Running(
        pointer=f"sensors/processes.jsonl:{number}",
        service=row["service"],
        pid=row["pid"],
        parent=row["parent"],
        first=row["first"],
        state=row["state"],
        command=row["command"],
    )
