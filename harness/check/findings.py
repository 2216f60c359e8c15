"""What a check found: one row of the table, one entry of the certificate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

# "trouble": infrastructure kept the check from being made. It says nothing about the task.
State = Literal["ok", "bad", "note", "trouble"]


@dataclass(frozen=True)
class Finding:
    """The outcome of one check of a task. `remedy` is empty where nothing is to be done."""

    check: str
    state: State
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Checked:
    """All findings about one task."""

    task: str
    findings: Sequence[Finding]

    @property
    def state(self) -> Literal["green", "failed", "trouble"]:
        """Trouble hides a verdict: what was not checked is neither green nor failed."""
        states = {each.state for each in self.findings}
        return "trouble" if "trouble" in states else "failed" if "bad" in states else "green"


def or_ok(check: str, found: Iterable[Finding], what: str) -> list[Finding]:
    """What was found, or the one row that says that the check holds."""
    rows = list(found)
    if any(each.state in {"bad", "trouble"} for each in rows):
        return rows
    return [Finding(check, "ok", what), *rows]
