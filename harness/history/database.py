"""The database of an index: opened by its URL, its tables made where they are missing."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    create_engine,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, ProgrammingError

from harness.errors import StoreError, UsageError
from harness.history.tables import PREFIX, VERSION, index, metadata

_WAIT_SECONDS, _CONNECT_SECONDS, _TRIES = 300, 10, 3
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_REMEDIES = {
    "not a database": "remove the file: it is made again from the runs",
    "malformed": "remove the file: it is made again from the runs",
    "locked": "try again when the other process is done",
    "readonly": "mend its rights, or name another index with --index",
    "unable to open": "mend its folder's rights, or name another index with --index",
    "full": "free disk space",
}
_SERVER_REMEDY = "see that the server answers and that this user may make tables, or mend --index"


@dataclass(frozen=True)
class Database:
    """An open index. `place` tells the runs that one folder put in from those of others."""

    engine: Engine
    place: str

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to ask. Raises StoreError when the database fails."""
        with _trouble_told(self.engine.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer's overlaps. Raises StoreError, as above."""
        with _trouble_told(self.engine.url), self.engine.begin() as connection:
            # The first statement writes, so that it waits here and never fails half-way: SQLite
            # locks the file, PostgreSQL the row.
            connection.execute(update(index).values(turn=index.c.turn + 1))
            yield connection


@contextmanager
def open_database(runs: Path, url: str | None = None, *, anew: bool = False) -> Iterator[Database]:
    """The index of a runs' folder: at `url`, at $HARNESS_INDEX, or in the folder itself.

    Tables of another version are made anew in SQLite, and with `anew` everywhere. Raises UsageError
    for a wrong URL, StoreError.
    """
    given = url or os.environ.get("HARNESS_INDEX")
    place = f"{socket.gethostname()}:{runs.resolve()}" if given else "."
    with _open_engine(parse_url(given) if given else _own_url(runs)) as engine:
        with _trouble_told(engine.url):
            _prepare(engine, anew=anew)
        yield Database(engine, place)


@contextmanager
def open_memory() -> Iterator[Database]:
    """An index that is gone afterwards."""
    with _open_engine(URL.create("sqlite")) as engine:
        _prepare(engine, anew=False)
        yield Database(engine, ".")


def _own_url(runs: Path) -> URL:
    if not runs.is_dir():
        raise UsageError(str(runs), "there is no such folder", "name the runs' folder with --runs")
    return URL.create("sqlite", database=str(runs / "index.sqlite"))


def parse_url(text: str) -> URL:
    """The URL of an index. Raises UsageError."""
    remedy = "write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
    shown = text.rpartition("@")[2]  # without what may be a password
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise UsageError(f"--index {shown}", "is not a database's URL", remedy) from error
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None or url.drivername not in {driver, url.get_backend_name()}:
        raise UsageError(f"--index {shown}", f"{url.drivername!r} is not supported", remedy)
    if driver == "sqlite" and not url.database:
        raise UsageError(f"--index {shown}", "names no file", remedy)
    return url.set(drivername=driver)


@contextmanager
def _open_engine(url: URL) -> Iterator[Engine]:
    lite = url.get_backend_name() == "sqlite"
    options = {"timeout": _WAIT_SECONDS} if lite else {"connect_timeout": _CONNECT_SECONDS}
    options = {name: value for name, value in options.items() if name not in url.query}
    try:
        engine = create_engine(url, connect_args=options)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--index {_shown(url)}",
            f"needs {error.name}, which is not installed",
            "pip install 'agent-eval-harness[postgres]'",
        ) from error
    if lite:
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = NORMAL"))
    try:
        yield engine
    finally:
        engine.dispose()


def _prepare(engine: Engine, *, anew: bool) -> None:
    """Make the tables where there are none, and anew where they are of another version."""
    with engine.connect() as connection:
        found = _version(connection)
    if found == VERSION:
        return
    if found is not None and engine.dialect.name != "sqlite" and not anew:
        raise StoreError(
            f"index {_shown(engine.url)}",
            f"has version {found}, not {VERSION}",
            "use the harness that made it, or make it anew with `harness history rebuild`",
        )
    for last in (*[False] * (_TRIES - 1), True):
        try:
            _make_tables(engine)
        except (IntegrityError, ProgrammingError):
            # PostgreSQL says so when another process made them at the same moment.
            if last:
                raise
        else:
            return


def _version(connection: Connection) -> int | None:
    """The version of the tables that are there; None without tables."""
    if not inspect(connection).has_table(index.name):
        return None
    return connection.execute(select(index.c.version)).scalar()


def _make_tables(engine: Engine) -> None:
    """Make the tables in the place of earlier ones; other tables of the database are not touched."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins none for tables
        else:
            # Else one finds no version, and then drops the tables that another has just made.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock(hashtext('{PREFIX}index'))")
        if _version(connection) == VERSION:
            return  # another process was faster
        names = inspect(connection).get_table_names()
        old = MetaData()
        old.reflect(connection, only=[name for name in names if name.startswith(PREFIX)])
        old.drop_all(connection)
        metadata.create_all(connection)
        connection.execute(insert(index).values(version=VERSION, turn=0))


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


@contextmanager
def _trouble_told(url: URL) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        what = (str(error.orig).strip() or type(error).__name__).splitlines()[0]
        lite = url.get_backend_name() == "sqlite"
        remedy = next((to_do for sign, to_do in _REMEDIES.items() if lite and sign in what), None)
        where = str(url.database) if lite else f"index {_shown(url)}"
        raise StoreError(
            where,
            f"the index cannot be used ({what})",
            remedy
            or ("remove the file: it is made again from the runs" if lite else _SERVER_REMEDY),
        ) from error
