"""Tell what stands in the recovered database: schema, its own check, and a digest of each row."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

FILE = Path("/home/agent/recovered.db")


def digest(row: tuple[object, ...]) -> str:
    """Some digits that stand for a row's values and their types."""
    return hashlib.sha256(json.dumps(row, default=repr).encode()).hexdigest()[:10]


def main() -> None:
    """Print one JSON object; exits with 1 when there is no such file."""
    if FILE.is_symlink() or not FILE.is_file():
        raise SystemExit(1)
    database = sqlite3.connect(f"file:{FILE}?mode=ro&immutable=1", uri=True)
    schema = database.execute("SELECT name, type FROM sqlite_master ORDER BY name").fetchall()
    check = database.execute("PRAGMA integrity_check").fetchone()[0]
    rows = {}
    for table, columns in {
        "customers": "id, name, city",
        "orders": "id, customer, cents, state, note",
    }.items():
        query = f"SELECT {columns} FROM {table} LIMIT 5000"  # noqa: S608 - the names above
        found = database.execute(query).fetchall()
        rows[table] = {str(row[0]): digest(row[1:]) for row in found}
    print(json.dumps({"schema": schema, "check": check, "rows": rows}))


if __name__ == "__main__":
    main()
