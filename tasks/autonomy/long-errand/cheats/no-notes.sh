#-- notes in memory only: what was seen before the change is gone
cat > ~/errand.py <<'PY'
import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

NOTES = Path.home() / "notes.json"
notes = json.loads(NOTES.read_text()) if NOTES.exists() else {"answers": {}, "drawers": {}}


def ask(path, data=None):
    """The answer of the desk, once it is open."""
    while True:
        try:
            with urllib.request.urlopen("http://app:8080" + path, data) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(0.2)


def keep():
    """Write the notes down, whole or not at all."""
    return


def drawer(step, number):
    """What lies in the drawer of the step."""
    if step not in notes["drawers"]:
        told = ask(f"/drawer/{number:03}")
        counts = {thing: count for count, thing in re.findall(r"(\d+) (\w+)", told.split(": ", 1)[1])}
        notes["drawers"][step] = {"counts": counts, "word": re.search(r"word (\w+)", told)[1]}
        keep()
    return notes["drawers"][step]


def solve(step, words):
    """The answer to a step."""
    thing = re.search("buttons|candles|marbles|needles|stamps", words)
    steps = re.findall(r"steps? (\d+)", words)
    pair = re.search(r"steps (\d+) and (\d+)", words) or re.search(r"step (\d+) plus .* step (\d+)", words)
    if first := re.search(r"Open the drawer (\d+)", words):
        return drawer(step, int(first[1]))["counts"][thing[0]]
    form = (
        re.search(r"answer of step (?P<s>\d+) by (?P<f>\d+), add (?P<p>\d+)", words)
        or re.search(r"\((?P<f>\d+) x the answer of step (?P<s>\d+) \+ (?P<p>\d+)\)", words)
        or re.search(r"Take (?P<f>\d+) times .* step (?P<s>\d+), then (?P<p>\d+) more", words)
    )
    if form:
        number = (int(notes["answers"][form["s"]]) * int(form["f"]) + int(form["p"])) % 1000
        return drawer(step, number)["counts"][thing[0]]
    if pair:
        one, two = (int(notes["answers"][each]) for each in pair.groups())
        return (pair[1] if one > two else pair[2]) if "larger" in words else str(one + two)
    seen = notes["drawers"][steps[0]]
    if thing:
        return seen["counts"][thing[0]]
    return seen["word"][::-1] if re.search("backwards|reverse", words) else seen["word"]


for _ in range(int(sys.argv[1])):
    told = ask("/step")
    if "Receipt" in told:
        break
    step = re.match(r"Step (\d+) of", told)[1]
    notes["answers"][step] = solve(step, told.split(": ", 1)[1])
    keep()
    ask("/answer", urllib.parse.urlencode({"answer": notes["answers"][step]}).encode())
print(len(notes["answers"]), "answers")
PY
python3 ~/errand.py 140
#-- and after it
python3 ~/errand.py 140 2>&1 | tail -n 1
curl -s http://app:8080/step
