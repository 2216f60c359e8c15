#-- the rules, the prices and the work
curl -s http://app:8080/ ; curl -s http://app:8080/status; curl -s http://app:8080/jobs | jq -c ".[]"; curl -s http://app:8080/prices | jq -c ".[]"
#-- hour by hour: web where it is cheapest, jobs in calm hours
cat > ~/run.py <<'PY'
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

PATIENT = True


def ask(path, **fields):
    """The answer to a request; a form when there are fields."""
    data = urllib.parse.urlencode(fields).encode() if fields or path == "/advance" else None
    with urllib.request.urlopen("http://app:8080" + path, data) as answer:
        return json.load(answer)


def offers(prices, cpus):
    """What there is in this hour: (cents, type, zone, market, on demand), the cheapest of each zone, in order."""
    best = {}
    for each in prices:
        if each["cpus"] < cpus:
            continue
        for market in ("on-demand", "spot"):
            price = each[market]
            if market == "on-demand" or price <= each["on-demand"]:
                offer = (price, each["type"], each["zone"], market, each["on-demand"])
                best[each["zone"]] = min(best.get(each["zone"], offer), offer)
    return sorted(best.values())


def latest(jobs, job):
    """When a job has to be done, for its followers to be in time."""
    after = [latest(jobs, other) - other["hours"] for other in jobs if other["after"] == job["job"]]
    return min([job["deadline"], *after])


def take(offer, work):
    """One hour of a machine."""
    try:
        machine = ask("/machines", type=offer[1], zone=offer[2], market=offer[3])["machine"]
    except urllib.error.HTTPError:  # no spot machines there
        machine = ask("/machines", type=offer[1], zone=offer[2], market="on-demand")["machine"]
    ask("/assign", machine=machine, work=work)


for hour in range(int(sys.argv[1]), int(sys.argv[2])):
    for machine in ask("/machines"):
        ask("/release", machine=machine["name"])
    prices, jobs = ask("/prices"), ask("/jobs")
    for offer in offers(prices, 0)[:2]:
        take(offer, "web")
    undone = {job["job"] for job in jobs if job["done"] < job["hours"]}
    for job in jobs:
        if job["job"] in undone and job["after"] not in undone:
            offer = offers(prices, job["cpus"])[0]
            left = job["hours"] - job["done"]
            if not PATIENT or offer[0] <= offer[4] / 2 or left >= latest(jobs, job) - hour:
                take(offer, job["job"])
    print(ask("/advance"))
PY
python3 ~/run.py 0 48 | tail -n 3
#-- the receipt
curl -s http://app:8080/receipt | jq -r '.receipt // .error'
