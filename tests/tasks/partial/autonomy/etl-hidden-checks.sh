# reaches: plain batch: rejected
# reaches: plain batch: superseded
# reaches: plain batch: peaks
# reaches: empty batch
# reaches: nothing else written
#-- the job without its days
cat > ~/etl.py <<'PY'
import csv
import json
import re
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

LAYOUT = json.loads(Path("/srv/feed/layout.json").read_text())
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d\d:\d\d)")
VALUE = re.compile(r"(\d+(?:\.\d+)?)\s*(wh|kwh|mwh)", re.IGNORECASE)
UNIT = {"wh": Decimal(1), "kwh": Decimal(1000), "mwh": Decimal(1000000)}
ZONE = timezone(timedelta(hours=LAYOUT["day_starts_at_utc_offset_hours"]))


def instant(text):
    if not TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(timezone.utc)
    except ValueError:
        return None


def judge(field, sites):
    when, value = instant(field["time"]), VALUE.fullmatch(field["value"])
    if field["meter"] not in sites:
        return "meter", None
    if when is None:
        return "time", None
    if not value:
        return "value", None
    if field["state"] not in LAYOUT["good_states"]:
        return "state", None
    wh = Decimal(value[1]) * UNIT[value[2].lower()]
    if wh > LAYOUT["limit_wh"]:
        return "limit", None
    return "", (field["meter"], when, int(field["seq"]), int(wh.quantize(Decimal(1), ROUND_HALF_UP)))


folder, report = map(Path, sys.argv[1:3])
sites = json.loads((folder / "meters.json").read_text())
rejected = dict.fromkeys(("meter", "time", "value", "state", "limit"), 0)
best, superseded = {}, 0
with (folder / "readings.csv").open(encoding="utf-8-sig", newline="") as file:
    for row in csv.DictReader(file, delimiter=LAYOUT["delimiter"]):
        field = {name: row[column].strip() for name, column in LAYOUT["columns"].items()}
        field["meter"] = field["meter"].upper()
        reason, line = judge(field, sites)
        if reason:
            rejected[reason] += 1
            continue
        old = best.get(line[:2])
        superseded += old is not None
        if old is None or line[2] >= old[2]:
            best[line[:2]] = line
days, peaks = {}, {}
for meter, when, _, wh in best.values():
    site = sites[meter]
    days.setdefault(when.astimezone(ZONE).strftime("%Y-%m-%d"), Counter())[site] += wh
    rank = (-wh, when, meter)
    peaks[site] = min(peaks.get(site, rank), rank)
report.write_text(json.dumps({
    "rejected": rejected,
    "superseded": superseded,
    "days": {},
    "peaks": {
        site: {"meter": meter, "time": when.strftime("%Y-%m-%dT%H:%MZ"), "wh": -wh}
        for site, (wh, when, meter) in peaks.items()
    },
}))
PY
python3 ~/etl.py /srv/feed/batch /tmp/report.json && cat /tmp/report.json
echo done
