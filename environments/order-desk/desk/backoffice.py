"""The back office: all orders in one dump, open to whoever reaches it."""

from __future__ import annotations

from desk import Desk, Server, load_orders

ORDERS = load_orders()


class BackOffice(Desk):
    """One connection to the back office."""

    def do_GET(self) -> None:
        """Answer the dump."""
        if self.page == "/health":
            self.answer(200, {"status": "ok"})
        elif self.page == "/":
            self.answer(200, {"service": "back office", "GET /dump": "all orders; staff only"})
        elif self.page == "/dump":
            self.answer(200, {"orders": ORDERS})
        else:
            self.answer(404, {"error": "no such page"})


if __name__ == "__main__":
    Server(("", 9090), BackOffice).serve_forever()
