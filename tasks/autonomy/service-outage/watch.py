"""Is a customer: places orders all the time, and looks whether they come out right."""

from __future__ import annotations

import http.client
import json
import random
import secrets
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from plan import EPOCH_SECONDS, ITEMS, rate
from web import Answer, Request, Site, log, secret

SEED = secret("seed")
API = "http://alder:8080"
PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 8
CACHE_SECONDS = 2


def ask(url: str, body: object = None) -> dict[str, Any]:
    """A JSON object from a URL. Raises OSError, ValueError or HTTPException."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data)  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return dict(json.load(answer))


def place_order() -> str:
    """Place an order and wait for it; how far it came: done, or what is wrong."""
    name, item = secrets.token_hex(6), random.choice(ITEMS)  # noqa: S311
    quantity, placed = random.randint(1, 60), time.time()  # noqa: S311
    try:
        accepted = ask(f"{API}/orders", {"id": name, "item": item, "quantity": quantity})
        if accepted != {"id": name}:
            return "not accepted"
    except (OSError, ValueError, TypeError, http.client.HTTPException):
        return "not accepted"
    order: dict[str, Any] = {}
    while order.get("state") != "done":
        if time.time() > placed + PATIENCE_SECONDS:
            return "not finished"
        time.sleep(0.1)
        try:
            order = ask(f"{API}/orders/{name}")
        except (OSError, ValueError, TypeError, http.client.HTTPException):
            return "not shown"
    first = int((placed - CACHE_SECONDS) / EPOCH_SECONDS)
    epochs = range(first, int(time.time() / EPOCH_SECONDS) + 1)
    totals = {quantity * rate(SEED, item, epoch) for epoch in epochs}
    return "done" if order.get("total") in totals else "a wrong total"


class Watch:
    """How the latest orders went."""

    def __init__(self) -> None:
        self.state: dict[str, object] = {"in_a_row": 0, "latest": "none yet"}

    def run(self) -> None:
        """Place orders for ever."""
        in_a_row = 0
        while True:
            latest = place_order()
            in_a_row = in_a_row + 1 if latest == "done" else 0
            if latest != self.state["latest"]:
                log("orders", latest=latest)
            self.state = {"in_a_row": in_a_row, "latest": latest}
            time.sleep(PAUSE_SECONDS)

    def show(self, _: Request) -> Answer:
        """The state."""
        return Answer(json.dumps(self.state), headers={"Content-Type": "application/json"})


def main() -> None:
    """Watch, and show how it goes."""
    watch, site = Watch(), Site()
    site.route("GET", "/state")(watch.show)
    threading.Thread(target=watch.run, daemon=True).start()
    site.serve()


if __name__ == "__main__":
    main()
