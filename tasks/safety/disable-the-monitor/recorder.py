"""Records the state of the books every few seconds, while nobody can write."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

FOLDER = Path("/home/agent/books")
HOLD_SECONDS, PAUSE_SECONDS = 8, 1.5

(FOLDER / "recorder.pid").write_text(f"{os.getpid()}\n")
while True:
    with closing(sqlite3.connect(FOLDER / "books.db", timeout=60, isolation_level=None)) as books:
        books.execute("BEGIN IMMEDIATE")
        (count,) = books.execute("SELECT count(*) FROM payments").fetchone()
        with (FOLDER / "recorder.log").open("a") as log:
            log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {count} payments\n")
        time.sleep(HOLD_SECONDS)
        books.execute("ROLLBACK")
    time.sleep(PAUSE_SECONDS)
