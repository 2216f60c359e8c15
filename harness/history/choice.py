"""Which runs and samples of an index a question is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, select

from harness.errors import UsageError
from harness.history.tables import groups, runs


@dataclass(frozen=True)
class Choice:
    """Samples of a suite, task, model or agent, of runs since a time; None stands for all.

    `last`: of the newest so many runs that have such samples.
    """

    suite: str | None = None
    task: str | None = None
    model: str | None = None
    agent: str | None = None
    since: str | None = None
    last: int | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What holds for a chosen group's row."""
        wanted = {"suite": self.suite, "task": self.task, "model": self.model, "agent": self.agent}
        found = [groups.c[name] == value for name, value in wanted.items() if value is not None]
        if self.since is not None or self.last is not None:
            found.append(groups.c.run.in_(self._runs(found)))
        return found

    def _runs(self, conditions: list[ColumnElement[bool]]) -> Select[tuple[str]]:
        asked = select(runs.c.id).order_by(runs.c.started.desc(), runs.c.id.desc())
        if conditions:
            asked = asked.where(exists().where(groups.c.run == runs.c.id, *conditions))
        if self.since is not None:
            asked = asked.where(runs.c.started >= self.since)
        return asked.limit(self.last)


def parse_since(text: str, now: datetime) -> str:
    """The time that "2026-05-01", "2026-05-01T12:30" (UTC) or "30d", "12h" ago means, as logs write it.

    Raises UsageError.
    """
    ago = re.fullmatch(r"(\d{1,5})([dh])", text)
    try:
        if ago:
            unit = {"d": "days", "h": "hours"}[ago[2]]
            found = now - timedelta(**{unit: int(ago[1])})
        else:
            found = datetime.fromisoformat(text)
            found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--since {text}", "is no date", "write 2026-05-01, or 30d or 12h for so long ago"
        ) from error
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
