#-- nearly the job, by floating point and by the texts of times
cat > ~/etl.py <<'PY'
import csv, json, sys
from collections import Counter
layout = json.load(open("/srv/feed/layout.json"))
sites = json.load(open(sys.argv[1] + "/meters.json"))
names, units = layout["columns"], {"wh": 1, "kwh": 1e3, "mwh": 1e6}
days, rejected = {}, dict.fromkeys(("meter", "time", "value", "state", "limit"), 0)
for row in csv.DictReader(open(sys.argv[1] + "/readings.csv"), delimiter=layout["delimiter"]):
    field = {name: row[column].strip().lower() for name, column in names.items()}
    meter = field["meter"].upper()
    if meter not in sites:
        rejected["meter"] += 1
        continue
    try:
        unit = next(u for u in ("kwh", "mwh", "wh") if field["value"].endswith(u))
        wh = float(field["value"].removesuffix(unit)) * units[unit]
    except (StopIteration, ValueError):
        rejected["value"] += 1
        continue
    days.setdefault(field["time"][:10], Counter())[sites[meter]] += round(wh)
json.dump({"rejected": rejected, "superseded": 0, "days": days, "peaks": {}}, open(sys.argv[2], "w"))
PY
echo done
