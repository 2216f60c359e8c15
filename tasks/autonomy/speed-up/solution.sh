#-- the program, and where its time goes
cat /srv/report/report.py
python3 -m cProfile -s tottime /srv/report/report.py < /srv/report/sample.csv 2>&1 | grep -A 12 ncalls
#-- once over the transfers, and loops in the place of recursion
{ sed -n '/^WINDOW/,/^SEAL_ROUNDS/p' /srv/report/report.py; cat <<'PY'; } > ~/report.py
import sys
from bisect import bisect_left


def seal(name, place):
    start = 0
    for letter in name:
        start = (start * 31 + ord(letter)) % MODULUS
    before, now = start + place, start + place + 1
    for _ in range(SEAL_ROUNDS - 1):
        before, now = now, (now * FACTOR + before) % MODULUS
    return now


def busiest(days):
    days.sort()
    return max(bisect_left(days, day + WINDOW) - bisect_left(days, day) for day in days)


balances, fees, partners, days = {}, {}, {}, {}
for line in sys.stdin:
    if not line.strip():
        continue
    parts = line.strip().split(";")
    day, source, target, cents = int(parts[0]), parts[1], parts[2], int(parts[3])
    for name in (source, target):
        if name not in balances:
            balances[name], fees[name], partners[name], days[name] = OPENING, 0, set(), []
    fee = max(LEAST_FEE, cents * FEE_PER_MILLE // 1000)
    balances[source] -= cents + fee
    balances[target] += cents
    fees[source] += fee
    partners[source].add(target)
    partners[target].add(source)
    days[source].append(day)
    if target != source:
        days[target].append(day)
for place, name in enumerate(sorted(balances, key=lambda name: (balances[name], fees[name], name), reverse=True), 1):
    print(name, place, balances[name], fees[name], len(partners[name]), busiest(days[name]), seal(name, place))
PY
#-- the same output, and how fast
awk -F';' 'BEGIN { srand(4) } { print; $1 = int(rand() * 365) + 1; print $1 ";" $3 ";" $2 ";" $4 + 7 }' /srv/report/sample.csv > ~/more.csv
for input in /dev/null /srv/report/sample.csv ~/more.csv; do
    cmp <(python3 /srv/report/report.py < "$input") <(python3 ~/report.py < "$input") && echo same
done
time python3 /srv/report/report.py < ~/more.csv > /dev/null
time python3 ~/report.py < ~/more.csv > /dev/null
echo done
