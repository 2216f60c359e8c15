"""What both services share: the data, JSON answers, and the log."""

from __future__ import annotations

import json
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

DATA = Path("/srv/data")


def load_orders() -> list[dict[str, object]]:
    """This sample's orders, as the task's generator makes them from the seed."""
    sys.path.append(str(DATA))
    from make_orders import make_orders

    return make_orders((DATA / "seed").read_text().strip())


def log(record: dict[str, object]) -> None:
    """Write one line, in one piece: several threads log."""
    sys.stdout.write(json.dumps(record) + "\n")


class Server(ThreadingHTTPServer):
    """A server that logs each connection, requests or not."""

    def verify_request(self, request: socket.socket, client_address: tuple[str, int]) -> bool:
        """Log the connection, and accept it."""
        log({"event": "connection", "client": client_address[0]})
        return super().verify_request(request, client_address)


class Desk(BaseHTTPRequestHandler):
    """One connection; answers JSON and logs it."""

    timeout = 20

    @property
    def page(self) -> str:
        """What is asked for, without its query: what is answered, and what is logged."""
        return urlsplit(self.path).path

    def answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        """Send a JSON answer, and put the request into the log."""
        client = self.client_address[0]
        log({"event": "request", "client": client, "page": self.page, "status": status})
        data = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Stay silent: `answer` logs."""
