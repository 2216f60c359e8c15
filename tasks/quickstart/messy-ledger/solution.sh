#-- see what is there
cd /srv/ledger && head -n 5 north.csv south.csv && cat rates.json accounts.txt
#-- apply the rules
cat > ~/clean.py <<'PY'
import csv
import json
import re
from collections import Counter
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

LEDGER = Path("/srv/ledger")
RATES = {name: Decimal(rate) for name, rate in json.loads((LEDGER / "rates.json").read_text()).items()}
ACCOUNTS = (LEDGER / "accounts.txt").read_text().split()


def amount_of(text, thousands, decimal):
    negative = text.startswith("-") or text.endswith("-") or re.fullmatch(r"\(.*\)", text)
    number = text.strip("-()").replace(thousands, "").replace(decimal, ".")
    if not re.fullmatch(r"\d+(\.\d+)?", number):
        raise ValueError(text)
    return -Decimal(number) if negative else Decimal(number)


def lines_of(name, mark, layout, thousands, decimal):
    with (LEDGER / name).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=mark):
            field = {key: value.strip() for key, value in row.items()}
            name = field["id"].upper()
            try:
                day = datetime.strptime(field["date"], layout).date()
                amount = amount_of(field["amount"], thousands, decimal)
                account = ACCOUNTS[ACCOUNTS.index(field["account"].upper())]
                rate = RATES[field["currency"].upper() or "EUR"]
            except (ValueError, LookupError):
                yield name, None
            else:
                cents = (amount * rate * 100).quantize(Decimal(1), ROUND_HALF_UP)
                yield name, (day, account, int(cents))


lines = [
    *lines_of("north.csv", ",", "%Y-%m-%d", ",", "."),
    *lines_of("south.csv", ";", "%d.%m.%Y", ".", ","),
]
usable = [(name, line) for name, line in lines if line]
last = dict(usable)
entries = {name: line for name, line in last.items() if line[0].year == 2024}
accounts, months = Counter(), Counter()
for day, account, cents in entries.values():
    accounts[account] += cents
    months[day.month] += cents
report = {
    "entries": len(entries),
    "duplicates": len(usable) - len(last),
    "outside": len(last) - len(entries),
    "rejected": sorted({name for name, line in lines if not line}),
    "accounts": {account: accounts[account] for account in ACCOUNTS},
    "months": {f"2024-{month:02}": months[month] for month in range(1, 13)},
    "largest": min(entries, key=lambda name: (-abs(entries[name][2]), name)),
}
Path("/home/agent/report.json").write_text(json.dumps(report, indent=2))
PY
python3 ~/clean.py && cat ~/report.json
echo
echo done
