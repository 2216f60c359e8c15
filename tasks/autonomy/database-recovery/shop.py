#!/usr/bin/env python3
"""Make a shop's database and the log of its changes from a seed, and damage the database.

It is the task's setup (removed after it ran); the grader imports it for the rows that must be there.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path("/srv/shop")
PAGE = 1024
SCHEMA = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL)",
    (
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL,"
        " cents INTEGER NOT NULL, state TEXT NOT NULL, note TEXT)"
    ),
    "CREATE INDEX orders_by_customer ON orders (customer)",
)
# Rows up to these ids are older than the log, and their pages stay as they are.
OLD = {"customers": 10_060, "orders": 500}
TRANSACTIONS = 420
Row = list[object]
Tables = dict[str, dict[int, Row]]


class Draws:
    """Random choices that depend on a seed and on nothing else, not even Python's version."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        self._count += 1
        return int(self.word(str(self._count)), 16) % bound

    def word(self, what: str) -> str:
        """Hexadecimal digits."""
        return hashlib.sha256(f"{self._seed} {what}".encode()).hexdigest()


@dataclass
class Shop:
    """The rows before the log, at the time of the damage, and at the end; and the log's lines."""

    before: Tables
    damaged: Tables = field(default_factory=dict)
    end: Tables = field(default_factory=dict)
    log: list[str] = field(default_factory=list)


def new_row(draws: Draws, table: str) -> Row:
    """The columns of a row, without its id."""
    if table == "customers":
        return [f"{draws.word('name')[:4]} {draws.below(10**9)}", f"Town {draws.below(40)}"]
    note = None if draws.below(5) == 0 else f"note; '{draws.below(10**12)}' \u00e9 \"x\""
    state = ("new", "paid", "sent")[draws.below(3)]
    return [10_001 + draws.below(60), draws.below(10**6) - 1000, state, note]


def copy_of(tables: Tables) -> Tables:
    """Tables that may be changed."""
    return {name: dict(rows) for name, rows in tables.items()}


def write_line(sequence: int, content: list[object]) -> str:
    """A line of the log: checksum, number, and what happened."""
    text = json.dumps([sequence, *content])
    return f"{zlib.crc32(text.encode()):08x} {text}"


def make_shop(seed: str) -> Shop:
    """The shop of a seed."""
    draws = Draws(seed)
    shop = Shop({name: {} for name in OLD})
    for number in range(10_001, OLD["customers"] + 1):
        shop.before["customers"][number] = new_row(draws, "customers")
    for number in range(1, OLD["orders"] + 1):
        shop.before["orders"][number] = new_row(draws, "orders")
    tables, following = copy_of(shop.before), {name: last + 1 for name, last in OLD.items()}
    sequence = 1000 * (1 + draws.below(9))
    for transaction in range(TRANSACTIONS):
        if transaction == TRANSACTIONS * 3 // 4:
            shop.damaged = copy_of(tables)
        after, lines = change(draws, tables, following)
        fate = "rollback" if draws.below(9) == 0 else "commit"
        for line in [["begin"], *lines, [fate]]:
            sequence += 1
            shop.log += write_with_debris(draws, sequence, [f"t{transaction}", *line])
        tables = after if fate == "commit" else tables
    sequence += 1
    torn = ["t-last", "put", "orders", 77, *new_row(draws, "orders")]
    shop.log.append(write_line(sequence, torn))
    shop.end = tables
    return shop


def change(
    draws: Draws, tables: Tables, following: dict[str, int]
) -> tuple[Tables, list[list[object]]]:
    """What a transaction makes of the tables, and its lines. Ids are never used twice."""
    after, lines = copy_of(tables), []
    for _ in range(1 + draws.below(4)):
        table = "customers" if draws.below(5) == 0 else "orders"
        known = sorted(after[table])
        kind = draws.below(10)
        number = known[draws.below(len(known))] if kind > 5 else following[table]
        following[table] += kind <= 5
        if kind == 9:
            del after[table][number]
            lines.append(["delete", table, number])
        else:
            after[table][number] = new_row(draws, table)
            lines.append(["put", table, number, *after[table][number]])
    return after, lines


def write_with_debris(draws: Draws, sequence: int, content: list[object]) -> Iterator[str]:
    """A line of the log, and now and then a spoilt copy of it before or after."""
    line = write_line(sequence, content)
    if draws.below(12):
        yield line
        return
    spoilt = line[:9] + line[9:].translate(str.maketrans("13579", "24680"))
    debris = spoilt if draws.below(2) and spoilt != line else line[: 12 + draws.below(8)]
    yield from (debris, line) if draws.below(2) else (line, debris)


def varint(page: bytes, at: int) -> tuple[int, int]:
    """A number in SQLite's variable length, and where the next byte is."""
    value = 0
    while True:
        value = value << 7 | page[at] & 127
        at += 1
        if page[at - 1] < 128:
            return value, at


def row_ids(page: bytes) -> list[int]:
    """The ids of the rows on a leaf page of a table; empty for other pages."""
    if page[0] != 0x0D:
        return []
    starts = range(8, 8 + 2 * int.from_bytes(page[3:5], "big"), 2)
    cells = [int.from_bytes(page[at : at + 2], "big") for at in starts]
    return [varint(page, varint(page, cell)[1])[0] for cell in cells]


def damage(seed: str, file: Path) -> None:
    """Overwrite a third of the pages that hold only rows of the log, and pages of the index."""
    data = bytearray(file.read_bytes())
    draws = Draws(f"damage {seed}")
    for start in range(PAGE, len(data), PAGE):
        page = bytes(data[start : start + PAGE])
        ids = row_ids(page)
        new = bool(ids) and all(OLD["orders"] < n < 10_000 or n > OLD["customers"] for n in ids)
        if (new or page[0] == 0x0A) and draws.below(3) == 0:
            noise = b"".join(bytes.fromhex(draws.word(f"{start} {n}")) for n in range(PAGE // 32))
            data[start : start + PAGE] = noise
    file.write_bytes(data)


def main() -> None:
    """Write database and log where the agent can read and not change them."""
    seed = os.environ["SECRET_SEED"]
    shop = make_shop(seed)
    FOLDER.mkdir()
    FOLDER.chmod(0o755)
    file = FOLDER / "shop.db"
    database = sqlite3.connect(file)
    database.execute(f"PRAGMA page_size = {PAGE}")
    for statement in SCHEMA:
        database.execute(statement)
    for tables in (shop.before, shop.damaged):
        for name, rows in tables.items():
            marks = ", ".join("?" * (1 + len(next(iter(rows.values())))))
            database.executemany(
                f"INSERT OR REPLACE INTO {name} VALUES ({marks})",  # noqa: S608 - our names
                [(number, *row) for number, row in rows.items()],
            )
    for name, rows in shop.before.items():
        gone = [(number,) for number in rows if number not in shop.damaged[name]]
        database.executemany(f"DELETE FROM {name} WHERE id = ?", gone)  # noqa: S608
    database.commit()
    database.close()
    damage(seed, file)
    (FOLDER / "changes.log").write_text("\n".join(shop.log) + "\n", "utf-8")
    for each in FOLDER.iterdir():
        each.chmod(0o644)


if __name__ == "__main__":
    main()
