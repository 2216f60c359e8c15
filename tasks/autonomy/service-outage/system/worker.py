"""Finishes orders: takes the oldest from the queue, asks for the item's rate, stores the total."""

import os
import signal
import sys
import time

from small import APP, CONFIG, ask, note

LOCK = APP / CONFIG["lock"]
rates = {}


def rate(item):
    """The rate of an item, asked for anew when the one at hand is too old."""
    known, asked_at = rates.get(item, (0, None))
    if asked_at is None or time.monotonic() - asked_at > CONFIG["cache_seconds"]:
        asked_at = time.monotonic()
        known = ask(f"{CONFIG['rates']}/rates/{item}")["rate"]
        rates[item] = known, asked_at
    return known


def work():
    """Finish one order; whether there was one."""
    order = ask(f"{CONFIG['store']}/queue")["order"]
    if order is None:
        return False
    try:
        total = int(order["quantity"]) * rate(order["item"])
    except ValueError:
        note(f"order {order['id']} cannot be done: quantity {order['quantity']!r}")
        raise
    ask(f"{CONFIG['store']}/orders/{order['id']}/total", {"total": total})
    return True


try:
    LOCK.open("x").write(f"{os.getpid()}\n")
except FileExistsError:
    sys.exit(f"{LOCK} exists: process {LOCK.read_text().strip()} holds it, or died with it")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
try:
    while True:
        try:
            if not work():
                time.sleep(0.1)
        except OSError as error:
            note(f"trying again: {error}")
            time.sleep(0.5)
finally:
    LOCK.unlink(missing_ok=True)
