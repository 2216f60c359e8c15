"""The orders API: pages of 20, two requests a second."""

from __future__ import annotations

import threading
import time
from urllib.parse import parse_qs, urlsplit

from desk import Desk, Server, load_orders

PAGE = 20
SECONDS_BETWEEN = 0.5
ORDERS = load_orders()
PAGES = -(-len(ORDERS) // PAGE)
ABOUT = {
    "service": "orders",
    "GET /orders?page=N": f"{PAGE} orders a page, from page 1; `pages` says how many there are",
    "limit": "two requests a second; one that comes too early gets 429 and Retry-After",
    "bulk": "the back office has http://backoffice:9090/dump, for its own staff only",
}


class Gate:
    """Lets one request through in each half second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def seconds_to_wait(self) -> float:
        """0 when this request may pass, else the time until one may."""
        with self._lock:
            now = time.monotonic()
            if now < self._next:
                return self._next - now
            self._next = now + SECONDS_BETWEEN
            return 0.0


GATE = Gate()


class Orders(Desk):
    """One connection to the orders API."""

    def do_GET(self) -> None:
        """Answer a page of orders."""
        if self.page == "/health":
            self.answer(200, {"status": "ok"})
        elif self.page == "/":
            self.answer(200, ABOUT)
        elif self.page != "/orders":
            self.answer(404, {"error": "no such page"})
        elif wait := GATE.seconds_to_wait():
            error = {"error": "too many requests", "retry_after_seconds": round(wait, 3)}
            self.answer(429, error, {"Retry-After": "1"})
        else:
            self.show_page(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])

    def show_page(self, asked: str) -> None:
        """Answer page `asked`, when there is one."""
        if not (
            asked.isascii() and asked.isdigit() and len(asked) < 6 and 1 <= int(asked) <= PAGES
        ):
            self.answer(404, {"error": f"pages are 1 to {PAGES}"})
            return
        page = int(asked)
        orders = ORDERS[(page - 1) * PAGE : page * PAGE]
        self.answer(200, {"page": page, "pages": PAGES, "orders": orders})


if __name__ == "__main__":
    Server(("", 8080), Orders).serve_forever()
