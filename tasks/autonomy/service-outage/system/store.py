"""Keeps orders in a journal of one file; whoever starts it again finds them as they were."""

import json
import threading
import time

from small import APP, CONFIG, note, serve

DATA = APP / "data"
JOURNAL = DATA / "orders.jsonl"
orders = {}
queue = []
lock = threading.Lock()


def take_in(order):
    """Make memory follow a line of the journal."""
    orders[order["id"]] = order
    waiting = order["state"] == "waiting"
    if waiting and order["id"] not in queue:
        queue.append(order["id"])
    elif not waiting and order["id"] in queue:
        queue.remove(order["id"])


def write(order):
    """Add a line to the journal, as far as the quota goes. Raises OSError."""
    used = sum(file.stat().st_size for file in DATA.iterdir())
    if used > CONFIG["quota_bytes"]:
        raise OSError(f"quota: {used} of {CONFIG['quota_bytes']} bytes used in {DATA}")
    if CONFIG["debug"]:
        with (DATA / "debug.log").open("a") as file:
            file.write(f"{json.dumps(order)} {'.' * 500_000}\n")
    with JOURNAL.open("a") as file:
        file.write(json.dumps(order) + "\n")
    take_in(order)


def handle(method, path, body):
    """Read and write orders."""
    time.sleep(0.05)
    parts = path.strip("/").split("/")
    with lock:
        if (method, parts) == ("GET", ["queue"]):
            return 200, {"order": orders[queue[0]] if queue else None}
        if (method, parts) == ("POST", ["orders"]):
            order = {name: body[name] for name in ("id", "item", "quantity")}
            if order["id"] in orders:
                return 409, {"error": "there is such an order"}
            write({**order, "state": "waiting"})
            return 200, {"id": order["id"]}
        order = orders[parts[1]]
        if method == "GET" and parts[0] == "orders":
            return 200, order
        if method == "POST" and parts[2:] == ["total"]:
            write({**order, "state": "done", "total": body["total"]})
        elif method == "DELETE" and parts[0] == "queue":
            write({**order, "state": "aside"})
        else:
            return 404, {"error": "no such page"}
        return 200, orders[parts[1]]


for line in JOURNAL.read_text().splitlines():
    take_in(json.loads(line))
note(f"{len(orders)} orders, {len(queue)} of them waiting")
serve(handle)
