"""Earlier runs of the same name: what a baseline is chosen from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from harness.history.database import open_database
from harness.history.tables import runs


@dataclass(frozen=True)
class IndexedRun:
    """A run as the index knows it. `finished` is None while it has not ended; `ended` says why."""

    id: str
    path: Path
    started: str
    finished: str | None
    ended: str


def runs_named(name: str, folder: Path, url: str | None = None) -> list[IndexedRun]:
    """The indexed runs of this name, newest first by the time at which they say they started.

    The index is read as it is: call `update_index` before. Raises UsageError, StoreError.
    """
    wanted = (runs.c.id, runs.c.path, runs.c.started, runs.c.finished, runs.c.ended)
    asked = (
        select(*wanted).where(runs.c.name == name).order_by(runs.c.started.desc(), runs.c.id.desc())
    )
    with open_database(folder, url) as database, database.reading() as connection:
        return [
            IndexedRun(row.id, Path(row.path), row.started, row.finished, row.ended)
            for row in connection.execute(asked)
        ]
