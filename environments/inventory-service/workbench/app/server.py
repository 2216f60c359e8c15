"""The inventory's web service; README.md says what it answers."""

from __future__ import annotations

import configparser
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from store import NoSuchItemError, Store, TooFewError

CONFIG = Path(__file__).with_name("config.ini")


class Inventory(BaseHTTPRequestHandler):
    """One connection to the inventory."""

    protocol_version = "HTTP/1.1"
    store: Store

    def do_GET(self) -> None:
        """Answer a question."""
        parts = self.path.strip("/").split("/")
        if parts == ["health"]:
            self.answer(200, {"status": "ok"})
        elif parts == ["items"]:
            items = [{"sku": sku, "qty": qty} for sku, qty in self.store.items()]
            self.answer(200, {"items": items, "total": len(items)})
        elif len(parts) == 2 and parts[0] == "items":
            try:
                self.answer(200, {"sku": parts[1], "qty": self.store.quantity(parts[1])})
            except NoSuchItemError:
                self.refuse(404, "no such item")
        else:
            self.refuse(404, "no such page")

    def do_PUT(self) -> None:
        """Set a quantity."""
        parts = self.path.strip("/").split("/")
        if len(parts) != 2 or parts[0] != "items":
            self.refuse(404, "no such page")
            return
        qty = self.read_quantity()
        new = self.store.put(parts[1], qty)
        self.answer(201 if new else 200, {"sku": parts[1], "qty": qty})

    def do_POST(self) -> None:
        """Take pieces away."""
        parts = self.path.strip("/").split("/")
        if len(parts) != 3 or parts[0] != "items" or parts[2] != "take":
            self.refuse(404, "no such page")
            return
        try:
            left = self.store.take(parts[1], self.read_quantity())
        except NoSuchItemError:
            self.refuse(404, "no such item")
        except TooFewError:
            self.refuse(409, "fewer are there")
        else:
            self.answer(200, {"sku": parts[1], "qty": left})

    def read_quantity(self) -> int:
        """The quantity that the body names."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        return int(json.loads(body)["qty"])

    def answer(self, status: int, content: dict[str, object]) -> None:
        """Send a JSON answer."""
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status: int, reason: str) -> None:
        """Send an error."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"error": reason}).encode())


def main() -> None:
    """Serve until killed."""
    config = configparser.ConfigParser()
    config.read(CONFIG)
    settings = config["inventory"]
    port = int(os.environ.get("INVENTORY_PORT", settings["port"]))
    Inventory.store = Store(Path(settings["data"]))
    ThreadingHTTPServer((settings["host"], port), Inventory).serve_forever()


if __name__ == "__main__":
    main()
