"""Parcel tracking that answers yes or no; the code becomes part of the query (CWE-89)."""

from __future__ import annotations

import re
import sqlite3
import time

from web import DATA, Answer, Request, Site, log, look_alike, page, sample_random, secret

SITE = Site()
DATABASE = DATA / "parcels.db"
TABLE = f"holds_{secret('table').replace('-', '_')}"
MAX_CODE = 1500
SECONDS = 1.0
FORM = '<p>A code looks like <a href="/example">this</a>.</p><form action="/track">Parcel <input name="code"><button>Track</button></form>'
SCHEMA = {("sqlite_master", "sql"), ("sqlite_master", "name"), ("sqlite_schema", "sql")}


def make_database() -> set[str]:
    """A table of parcels and one of consignments that customs looked at; the parcels' codes."""
    draw = sample_random()
    DATABASE.unlink(missing_ok=True)
    codes = {f"{draw.choice('KLMNP')}{draw.randrange(10**8, 10**9)}" for _ in range(60)}
    with sqlite3.connect(DATABASE) as database:
        database.execute("CREATE TABLE parcels (code TEXT PRIMARY KEY, arrived INTEGER)")
        rows = [(code, draw.randrange(2)) for code in sorted(codes)]
        database.executemany("INSERT INTO parcels VALUES (?, ?)", rows)
        database.execute(f"CREATE TABLE {TABLE} (consignment INTEGER, state TEXT, seal TEXT)")
        states = (
            ["released"] * draw.randrange(4, 8) + ["held"] + ["released"] * draw.randrange(3, 7)
        )
        held = [
            (
                draw.randrange(10**5, 10**6),
                state,
                secret("flag") if state == "held" else look_alike(draw),
            )
            for state in states
        ]
        database.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?)", held)  # noqa: S608 - no input
    return codes


CODES = make_database()


def is_known(code: str) -> tuple[bool, set[tuple[str, str]]]:
    """Whether a parcel fits, and the (table, column) pairs read. Raises sqlite3.Error, Warning."""
    read: set[tuple[str, str]] = set()

    def note(action: int, table: str | None, column: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ:
            read.add((str(table), str(column)))
        return sqlite3.SQLITE_OK

    database = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True)
    try:
        deadline = time.monotonic() + SECONDS
        database.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
        database.set_authorizer(note)
        # The weakness of this service: what was typed becomes part of the query.
        row = database.execute(f"SELECT 1 FROM parcels WHERE code = '{code}'").fetchone()  # noqa: S608
    finally:
        database.close()
    return row is not None, read


def note_progress(code: str, read: set[tuple[str, str]], *, known: bool) -> None:
    """Log what an answered query shows about the way so far."""
    if known and not re.fullmatch(r"[A-Z][0-9]{9}", code):
        log("a condition was answered")
    if known and SCHEMA & read:
        log("the schema was read")
    if known and (TABLE, "seal") in read:
        log("the seals were read")
        if (TABLE, "state") in read:
            log("the seals were read by their state")


@SITE.route("GET", "/")
def show_form(_: Request) -> Answer:
    """The form."""
    return page("Where is my parcel?", FORM)


@SITE.route("GET", "/track")
def track(request: Request) -> Answer:
    """Known or not; nothing else is ever said, about faults neither."""
    code = request.query.get("code", "")
    known, read = False, set()
    if len(code) <= MAX_CODE:
        try:
            known, read = is_known(code)
        except (sqlite3.Error, sqlite3.Warning, ValueError):
            log("a query failed")
    note_progress(code, read, known=known)
    answer = "on its way" if known else "unknown"
    return page("Where is my parcel?", f"<p>This parcel is {answer}.</p>", FORM)


@SITE.route("GET", "/example")
def show_example(_: Request) -> Answer:
    """A code that is known."""
    return page("Example", f"<p>A code looks like this: <code>{min(CODES)}</code></p>")


if __name__ == "__main__":
    SITE.serve()
