#-- as the solution, with every clock taken for right
cat > ~/timeline.py <<'PY'
import csv, json, re
from datetime import datetime, timedelta, timezone
ROOT = "/srv/case/"
read = lambda name: open(ROOT + name).read().splitlines()
LAYOUT = "%Y-%m-%d %H:%M:%S"
ahead = {row["machine"]: datetime.strptime(row["clock_showed"], LAYOUT) - datetime.strptime(row["utc"], "%Y-%m-%dT%H:%M:%SZ") for row in csv.DictReader(read("clocks.csv"))}
half = timedelta(minutes=30)
fast = dict.fromkeys(ahead, timedelta())
ahead = {name: half * round(each / half) for name, each in ahead.items()}
show = lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")
sizes = {row["path"]: row["bytes"] for row in csv.DictReader(read("app/files.csv"))}
entries = []
for line in read("front/access.log"):
    found = re.match(r'(\S+) .*\[(.*)\] "GET /export\?file=(\S+) HTTP/1.1" 200 (\d+)', line)
    path = "/" + re.sub(r"(\.\.%2f)+", "", found[3]).replace("%2f", "/") if found and ".." in found[3] else None
    if path and sizes.get(path) == found[4]:
        when = datetime.strptime(found[2], "%d/%b/%Y:%H:%M:%S %z").astimezone(timezone.utc).replace(tzinfo=None)
        entries.append((when - fast["front"], found[1], path))
account = next(re.match("/home/([a-z]+)/", path)[1] for _, _, path in entries if ".ssh" in path)
stolen_at = max(each[0] for each in entries)
report = {"entry_ip": entries[0][1], "entry_time": show(entries[0][0]), "account": account}
for line in read("app/auth.log"):
    when = datetime.strptime("2024 " + line[:15], "%Y %b %d %H:%M:%S") - ahead["app"]
    if found := re.search(rf"Accepted publickey for {account} from (\S+)", line):
        login = when, found[1]
    elif (found := re.search(rf"sudo: {account} : .*/cp \S+ (\S+)", line)) and when > stolen_at:
        report |= {"login_ip": login[1], "login_time": show(login[0]), "persistence_path": found[1], "persistence_time": show(when)}
        ended = login[0]
        break
history = read(f"app/history/{account}")
copies, sends = {}, []
for time, command in zip(history[::2], history[1::2]):
    when = datetime(1970, 1, 1) + timedelta(seconds=int(time[1:])) - fast["app"]
    if not ended <= when <= ended + timedelta(minutes=25):
        continue
    words = command.split()
    if words[0] == "cp":
        copies[words[2]] = words[1]
    if words[:2] == ["curl", "-T"]:
        sends.append((when, copies[words[2]], re.search(r"https://([0-9.:]+)/", command)[1]))
for when, path, target in sends:
    print(when, path, target)
    for row in csv.DictReader(read("wall/flows.csv")):
        began = datetime(1970, 1, 1) + timedelta(seconds=int(row["epoch"]))
        if f"{row['destination']}:{row['destination_port']}" == target and abs(began - when) < timedelta(minutes=20) and int(row["bytes_sent"]) > int(sizes[path]):
            report |= {"stolen_file": path, "destination": target, "bytes_sent": int(row["bytes_sent"])}
print(json.dumps(report, indent=1))
json.dump(report, open("/home/agent/report.json", "w"))
PY
python3 ~/timeline.py
echo done
