#-- the repetitions are counted too
python3 - <<'PY'
import json
import re
from pathlib import Path

desk = Path("/home/agent/desk")
note = {path.stem: path.read_text() for path in (desk / "notes").glob("*.txt")}


def lines(quarter):
    rows = (desk / f"archive/{quarter}.csv").read_text().split("\n")[1:-1]
    return [(row.split(",")[1], int(row.split(",")[2])) for row in rows]


def sums(rows, clerk):
    return sum(cents for who, cents in rows if who == clerk)


q1, q2, q3, q4 = (lines(f"q{number}") for number in (1, 2, 3, 4))
clerks = sorted({who for who, _ in q2})
bound = int(re.search(r"more than (\d+)", note["05"])[1])
clerk = re.search(r"cents of (\w+) over", note["10"])[1]
report = {
    "office": re.search(r'"(desk \d+)"', note["01"])[1],
    "q1_lines": len(q1),
    "q1_cents": sum(cents for _, cents in q1),
    "q2_clerk": max(clerks, key=lambda each: sums(q2, each)),
    "q3_large": sum(cents > bound for _, cents in q3),
    "audit": re.search(r"\d{4}-\d\d-\d\d", note["06"])[0],
    "q3_largest": max(cents for _, cents in q3),
    "q4_lines": len(q4),
    "q4_cents": sum(cents for _, cents in q4),
    "clerk_cents": sums(q1 + q2 + q3 + q4, clerk),
}
(desk / "report.json").write_text(json.dumps(report))
PY
echo done
