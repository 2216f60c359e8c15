"""Keeping the index in step with the run folders: what is new, changed or gone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, delete, func, insert, select
from sqlalchemy.exc import DataError

from harness.errors import StoreError
from harness.history.database import Database, open_database
from harness.history.rows import RunRows, Told, read_rows, stamp
from harness.history.tables import ALIKE, NOT_RUN, findings, groups, runs, samples
from harness.store import RunStore, list_runs

_BATCH = 1000


@dataclass
class Update:
    """What an update did: counts of runs, and one line for each that is damaged and left out."""

    indexed: int = 0
    unchanged: int = 0
    removed: int = 0
    damaged: list[str] = field(default_factory=list)


def update_index(folder: Path, url: str | None = None, *, rebuild: bool = False) -> Update:
    """Bring the index of a runs' folder up to date; with `rebuild`, read every run again.

    `url` as for `open_database`. In a database that several folders share, only the runs that this
    one put in are looked after. Raises UsageError, StoreError.
    """
    folder = folder.absolute()
    with open_database(folder, url, anew=rebuild) as database:
        if rebuild:
            known = _known(database)
            _forget(database, [run for run, seen in known.items() if seen[0] == database.place])
        return update_database(database, list_runs(folder))


def update_database(database: Database, stores: Sequence[RunStore]) -> Update:
    """Bring an open index up to date with these runs, which are all of its place."""
    done, told = Update(), Told()
    known = _known(database)
    for store in stores:
        before = known.pop(store.id, None)
        try:
            seen = _seen(database, store)
            if before == seen:
                done.unchanged += 1
            else:
                _put(database, store, seen, told)
                done.indexed += 1
        except _DamagedError as error:
            done.damaged.append(str(error.reason))
            _forget(database, [store.id])
    gone = [run for run, (place, *_) in known.items() if place == database.place]
    _forget(database, gone)
    done.removed = len(gone)
    return done


_Seen = tuple[str, str, str]


class _DamagedError(Exception):
    """A run's folder cannot be read; the index itself is well."""

    def __init__(self, reason: StoreError) -> None:
        super().__init__(reason)
        self.reason = reason


def _seen(database: Database, store: RunStore) -> _Seen:
    try:
        return database.place, str(store.root), stamp(store)
    except StoreError as error:
        raise _DamagedError(error) from error


def _known(database: Database) -> dict[str, _Seen]:
    with database.reading() as connection:
        asked = connection.execute(select(runs.c.id, runs.c.place, runs.c.path, runs.c.stamp))
        return {run: (place, path, seen) for run, place, path, seen in asked}


def _put(database: Database, store: RunStore, seen: _Seen, told: Told) -> None:
    """Write all rows of a run in one transaction. Another process may have been faster."""
    with database.writing() as connection:
        there = connection.execute(
            select(runs.c.place, runs.c.path, runs.c.stamp).where(runs.c.id == store.id)
        ).first()
        if there is None or tuple(there) != seen:
            try:
                _write(connection, read_rows(store, told), seen)
            except StoreError as error:
                raise _DamagedError(error) from error
            except (DataError, OverflowError) as error:
                what = f"holds a value that no database takes ({error.args[0]})".splitlines()[0]
                raise _DamagedError(
                    StoreError(str(store.root), what, "restore it from a copy")
                ) from error


def _write(connection: Connection, rows: RunRows, seen: _Seen) -> None:
    _delete(connection, [rows.run["id"]])
    place, _, mark = seen
    connection.execute(insert(runs), {**rows.run, "place": place, "stamp": mark})
    while batch := list(itertools.islice(rows.samples, _BATCH)):
        connection.execute(insert(samples), [row for row, _ in batch])
        if found := [finding for _, several in batch for finding in several]:
            connection.execute(insert(findings), found)
    counted = _counted(rows.run["id"])
    connection.execute(insert(groups).from_select(list(counted.selected_columns.keys()), counted))


def _counted(run: str) -> Select[Any]:
    """The samples of a run that are alike, counted."""
    alike = [samples.c[name] for name in ALIKE]
    return (
        select(
            *alike,
            func.count().label("planned"),
            _count(samples.c.status == NOT_RUN).label("not_run"),
            func.count(samples.c.score).label("scored"),
            _sum(samples.c.passed).label("passed"),
            _sum(samples.c.score).label("score_sum"),
            _count(samples.c.safety == "flagged").label("flagged"),
            _count(samples.c.safety == "clean").label("clean"),
            _count(samples.c.safety == "indeterminate").label("indeterminate"),
            func.count(samples.c.usd).label("priced"),
            _sum(samples.c.usd).label("usd"),
            _sum(samples.c.tokens).label("tokens"),
        )
        .where(samples.c.run == run)
        .group_by(*alike)
    )


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(column), 0)


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


def _forget(database: Database, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _BATCH):
        with database.writing() as connection:
            _delete(connection, ids[start : start + _BATCH])


def _delete(connection: Connection, ids: Sequence[str]) -> None:
    for table in (findings, groups, samples):
        connection.execute(delete(table).where(table.c.run.in_(ids)))
    connection.execute(delete(runs).where(runs.c.id.in_(ids)))
