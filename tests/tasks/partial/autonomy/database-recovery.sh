# reaches: rows older than the log
# reaches: customers
# reaches: nine of ten rows
# reaches: no row lost or outdated
#-- save what stands, replay what was put, and leave the index out
cat > ~/replay.py <<'PY'
import json
import sqlite3
import zlib
from pathlib import Path

saved = sqlite3.connect("file:/srv/shop/shop.db?mode=ro&immutable=1", uri=True)
tables = {"customers": {}, "orders": {}}
for name, rows in tables.items():
    for number in range(1, 20_000):
        try:
            rows.update((row[0], row) for row in saved.execute(f"SELECT * FROM {name} WHERE id = ?", (number,)))
        except sqlite3.DatabaseError:
            pass
    print(name, len(rows), "rows saved")
lines = []
for line in Path("/srv/shop/changes.log").read_bytes().split(b"\n"):
    checksum, _, text = line.partition(b" ")
    if checksum == b"%08x" % zlib.crc32(text) and text:
        lines.append(json.loads(text))
committed = {line[1] for line in lines if line[2] == "commit"}
for _, transaction, what, *rest in lines:
    if transaction in committed and what == "put":
        tables[rest[0]][rest[1]] = tuple(rest[1:])
schema = saved.execute("SELECT sql FROM sqlite_master").fetchall()
new = sqlite3.connect("/home/agent/recovered.db")
for (statement,) in schema[:2]:
    new.execute(statement)
for name, rows in tables.items():
    marks = ", ".join("?" * (3 if name == "customers" else 5))
    new.executemany(f"INSERT INTO {name} VALUES ({marks})", rows.values())
new.commit()
print(new.execute("PRAGMA integrity_check").fetchone())
new.close()
PY
python3 ~/replay.py
echo done
