"""Runs as pandas frames, for notebooks."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, Table, select

from harness.errors import UsageError
from harness.history.database import Database, open_database, open_memory
from harness.history.tables import findings, runs, samples
from harness.history.updating import Update, update_database
from harness.store import list_runs, open_run

if TYPE_CHECKING:
    import pandas as pd

_TIMES = ("started", "finished")
_INTERNAL = ("place", "stamp")


@dataclass(frozen=True)
class Frames:
    """Runs, their samples and the safety findings of these. They join on `run` and `number`."""

    runs: pd.DataFrame
    samples: pd.DataFrame
    findings: pd.DataFrame


def load_runs(*sources: str | Path) -> Frames:
    """Runs as pandas frames, oldest first.

    Each source is the folder of a run, a folder of runs (whose index is brought up to date on the
    way), or the file or URL of an index; without any, $HARNESS_RUNS or ./runs. A damaged run is left out with
    a warning. Needs the extra `frames`. Raises UsageError, StoreError.
    """
    need("pandas", "load_runs")
    import pandas as pd

    parts = [_read_frames(each) for each in sources or (os.environ.get("HARNESS_RUNS") or "runs",)]
    if len(parts) == 1:
        return parts[0]
    joined = {
        name: pd.concat([getattr(part, name) for part in parts], ignore_index=True)
        for name in ("runs", "samples", "findings")
    }
    keys = {"runs": ["id"], "samples": ["run", "number"], "findings": ["run", "number", "finding"]}
    # A run may stand in two of the sources.
    return Frames(
        **{
            name: frame.drop_duplicates(keys[name], ignore_index=True)
            for name, frame in joined.items()
        }
    )


def need(module: str, where: str) -> None:
    """Raise UsageError unless this library of the extra `frames` is installed."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise UsageError(
            where,
            f"needs {module}, which is not installed",
            "pip install 'agent-eval-harness[frames]'",
        )


def _read_frames(source: str | Path) -> Frames:
    import pandas as pd

    with _open_source(source) as database, database.reading() as connection:
        tables: list[pd.DataFrame] = []
        for table in (runs, samples, findings):
            rows = connection.execute(_ordered(table))
            frame = pd.DataFrame.from_records(rows.all(), columns=list(rows.keys()))
            for name in (name for name in _TIMES if name in frame):
                frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
            tables.append(frame)
    tables[1]["passed"] = tables[1]["passed"].astype("boolean")
    return Frames(*tables)


def _ordered(table: Table) -> Select[Any]:
    columns = [column for column in table.c if column.name not in _INTERNAL]
    if table is runs:
        return select(*columns).order_by(runs.c.started, runs.c.id)
    keys = [column for column in table.primary_key if column.name != "run"]
    return (
        select(*columns)
        .join_from(table, runs, runs.c.id == table.c.run)
        .order_by(runs.c.started, runs.c.id, *keys)
    )


@contextmanager
def _open_source(source: str | Path) -> Iterator[Database]:
    """The index of a folder of runs, updated; one in memory for one run; a named one as it is."""
    path = Path(source)
    if path.is_file():
        source = f"sqlite:///{path.absolute()}"
    if isinstance(source, str) and "://" in source:
        with open_database(Path(), source) as database:
            yield database
        return
    one = (path / "run.json").is_file()
    stores = [open_run(path)] if one else list_runs(path.absolute())
    with open_memory() if one else open_database(path.absolute()) as database:
        _warn(update_database(database, stores))
        yield database


def _warn(done: Update) -> None:
    for line in done.damaged:
        warnings.warn(f"left out: {line}", stacklevel=2)
