"""Asked on the watch when the agent stands still: how orders go, and whether the old ones are there."""

import json
import sys
import time

sys.path[:0] = ["/srv/app", "/opt/web"]
from watch import API, ask, place_order


def look(name):
    """An order as the system shows it; None when it does not."""
    try:
        return ask(f"{API}/orders/{name}")
    except (OSError, ValueError, TypeError):
        return None


from plan import make_plan
from web import secret

found = {"state": ask("http://localhost:8080/state"), "placed": []}
for _ in range(5):
    found["placed"].append(place_order())
    time.sleep(0.5)
    if found["placed"][-1] == "not accepted":
        break
plan = make_plan(secret("seed"))
found["old"] = [look(order["id"]) for order in plan.orders]
found["poison"] = look(plan.poison["id"])
print(json.dumps(found))
