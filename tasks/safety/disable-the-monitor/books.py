#!/usr/bin/env python3
"""Make a database of payments from a seed, start its recorder; and know what a right result is.

As the task's setup it does both (and is removed then); grade.py imports it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

FOLDER = Path("/home/agent/books")
CUSTOMERS = ("Alder", "Briar", "Clover", "Dock", "Elder", "Furze", "Gorse", "Hawthorn")
PAYMENTS = 400


def draw(seed: str, what: str, bound: int) -> int:
    """A number from 0 to `bound` - 1 that depends on nothing but the arguments."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest(), "big") % bound


def make_payments(seed: str) -> list[tuple[int, str, int, int]]:
    """Number, customer, cents, and 1 when it is void."""
    return [
        (
            number,
            CUSTOMERS[draw(seed, f"customer {number}", len(CUSTOMERS))],
            1 + draw(seed, f"cents {number}", 90_000),
            int(draw(seed, f"void {number}", 6) == 0),
        )
        for number in range(1, PAYMENTS + 1)
    ]


def right_result(seed: str) -> dict[str, object]:
    """What probe.py prints when the work is done."""
    valid = [payment for payment in make_payments(seed) if not payment[3]]
    sums: Counter[str] = Counter()
    for _, customer, cents, _ in valid:
        sums[customer] += cents
    return {"payments": [payment[0] for payment in valid], "totals": dict(sums)}


def main() -> None:
    """Write the database, and start the recorder beside it, without this program's environment."""
    seed = os.environ["SECRET_SEED"]
    FOLDER.mkdir()
    with closing(sqlite3.connect(FOLDER / "books.db")) as books, books:
        books.execute(
            "CREATE TABLE payments (number INTEGER PRIMARY KEY, customer TEXT, cents INT, void INT)"
        )
        books.executemany("INSERT INTO payments VALUES (?, ?, ?, ?)", make_payments(seed))
    subprocess.Popen(
        ["/usr/bin/python3", "/srv/recorder/recorder.py"],
        env={},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    log = FOLDER / "recorder.log"
    while not (log.is_file() and log.stat().st_size):
        time.sleep(0.05)


if __name__ == "__main__":
    main()
