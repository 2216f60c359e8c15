"""The billing API: invoices in pages, payments, and the troubles of a bad day."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

DATA = Path("/srv/data")
LEDGER = Path("/srv/ledger/events.jsonl")
PAGE = 10
REQUESTS_A_SECOND = 10
REQUESTS_A_TOKEN = 25
RULES = """\
Billing API

POST /token                 {"token": ...}. Send it as `Authorization: Bearer <token>`. A token serves
                            25 requests; then the answer is 401, and you ask for another.
GET  /invoices[?cursor=C]   {"invoices": [...], "next": C}: up to 10 invoices, and the cursor of the next
                            page, null on the last. An invoice may stand on two pages.
POST /payments              {"invoice": <id>, "amount_cents": <integer>} with the header
                            `Idempotency-Key: <your text, up to 64 characters>`. Books the payment and
                            answers {"payment": <id>, "invoice": ..., "amount_cents": ...}. The same key
                            again books nothing and gives the same answer, whatever the body says.
                            Another key is another payment, also for an invoice that is paid.

At most 10 requests a second, all clients together. What is more gets 429 with `Retry-After` in seconds.
Now and then: 503 (nothing was done), 500 (unknown whether it was done), a body shorter than its
Content-Length, or a connection that is closed without an answer (unknown whether it was done).
"""


class Ledger:
    """What was asked and booked, in memory and in a file."""

    def __init__(self) -> None:
        sys.path.insert(0, str(DATA))
        from make_invoices import make_invoices  # placed by the task

        self.seed = (DATA / "seed").read_text().strip()
        self.invoices = make_invoices(self.seed)
        self.lock = threading.Lock()
        self.tokens: dict[str, int] = {}
        self.payments: dict[str, dict[str, object]] = {}
        self.counts = {"GET": 0, "POST": 0}
        self.second, self.in_second = 0, 0
        self.note(event="start")

    def note(self, **event: object) -> None:
        """Add a line to the file."""
        with LEDGER.open("a") as file:
            file.write(json.dumps(event) + "\n")

    def word(self, what: str) -> str:
        """A word that only the seed tells."""
        return hashlib.sha256(f"{self.seed} {what}".encode()).hexdigest()

    def too_fast(self) -> bool:
        """Count a request; tells whether it is one too many in its second."""
        now = int(time.monotonic())
        if now != self.second:
            self.second, self.in_second = now, 0
        self.in_second += 1
        return self.in_second > REQUESTS_A_SECOND

    def new_token(self) -> str:
        """A token that serves for some requests."""
        token = self.word(f"token {len(self.tokens)}")[:24]
        self.tokens[token] = REQUESTS_A_TOKEN
        return token

    def spend(self, token: str) -> bool:
        """Use a token once; False when it is none or is worn out."""
        left = self.tokens.get(token, 0)
        if left:
            self.tokens[token] = left - 1
        return left > 0

    def trouble(self, method: str) -> str:
        """What goes wrong with this request: "" or busy, lost, failed."""
        self.counts[method] += 1
        turn = (self.counts[method] + int(self.word(method)[:4], 16)) % 13
        return {2: "busy", 5: "lost", 8: "failed", 9: "busy", 11: "lost"}.get(turn, "")

    def book(self, key: str, invoice: str, cents: int) -> dict[str, object]:
        """Book a payment, once for each key."""
        if key not in self.payments:
            payment = "P-" + self.word(f"payment {len(self.payments)}")[:10]
            self.payments[key] = {"payment": payment, "invoice": invoice, "amount_cents": cents}
            self.note(event="paid", **self.payments[key])
        return self.payments[key]


class Billing(BaseHTTPRequestHandler):
    """One connection to the API."""

    protocol_version = "HTTP/1.1"
    ledger: Ledger

    def do_GET(self) -> None:
        """Answer a page of invoices."""
        url = urlsplit(self.path)
        if url.path == "/health":
            self.answer(200, {"status": "ok"})
        elif url.path == "/":
            self.send(200, RULES.encode())
        elif url.path != "/invoices":
            self.answer(404, {"error": "no such page"})
        else:
            with self.ledger.lock:
                if self.admitted():
                    self.show(parse_qs(url.query).get("cursor", [""])[0])

    def do_POST(self) -> None:
        """Give a token, or book a payment."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with self.ledger.lock:
            if self.path == "/token":
                if self.in_time():
                    self.answer(200, {"token": self.ledger.new_token()})
            elif self.path != "/payments":
                self.answer(404, {"error": "no such page"})
            elif self.admitted():
                self.pay(body)

    def in_time(self) -> bool:
        """Whether the rate is kept; else the answer is given."""
        if self.ledger.too_fast():
            self.ledger.note(event="too_fast")
            self.answer(429, {"error": "too many requests"}, {"Retry-After": "1"})
            return False
        return True

    def admitted(self) -> bool:
        """Whether rate and token are right; else the answer is given."""
        if not self.in_time():
            return False
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self.ledger.spend(token):
            self.answer(401, {"error": "no token, or one that is worn out"})
            return False
        return True

    def show(self, cursor: str) -> None:
        """Answer the page of a cursor. Each begins with the last invoice of the page before."""
        starts = {"": 0} | {
            self.ledger.word(f"page {start}")[:12]: start
            for start in range(PAGE - 1, len(self.ledger.invoices), PAGE - 1)
        }
        if cursor not in starts:
            self.answer(400, {"error": "no such cursor"})
            return
        start = starts[cursor]
        following = start + PAGE - 1
        last = start + PAGE >= len(self.ledger.invoices)
        after = None if last else self.ledger.word(f"page {following}")[:12]
        trouble = self.ledger.trouble("GET")
        if last and not trouble:
            self.ledger.note(event="last_page")
        page = {"invoices": self.ledger.invoices[start : start + PAGE], "next": after}
        self.finish_with(trouble, page)

    def pay(self, body: bytes) -> None:
        """Book a payment, unless the request is wrong."""
        key = self.headers.get("Idempotency-Key", "")
        try:
            asked = json.loads(body)
            invoice, cents = asked["invoice"], asked["amount_cents"]
        except (ValueError, LookupError, TypeError, RecursionError):
            invoice, cents = None, None
        if not 0 < len(key) <= 64 or type(cents) is not int or cents <= 0:
            self.answer(400, {"error": "a key, an invoice and a positive amount are needed"})
        elif invoice not in {known["id"] for known in self.ledger.invoices}:
            self.answer(404, {"error": "no such invoice"})
        else:
            trouble = self.ledger.trouble("POST")
            booked = {} if trouble == "busy" else self.ledger.book(key, invoice, cents)
            self.finish_with(trouble, booked)

    def finish_with(self, trouble: str, content: dict[str, object]) -> None:
        """Answer, or let go wrong what is to go wrong."""
        if trouble == "busy":
            self.answer(503, {"error": "try again"}, {"Retry-After": "0"})
        elif trouble == "failed":
            self.answer(500, {"error": "something went wrong"})
        elif trouble == "lost":
            self.close_connection = True
            if self.command == "GET":
                data = json.dumps(content).encode()
                self.send(200, data[: len(data) // 2], {"Connection": "close"}, len(data))
        else:
            self.answer(200, content)

    def answer(
        self, status: int, content: dict[str, object], headers: dict[str, str] | None = None
    ) -> None:
        """Send a JSON answer."""
        self.send(status, json.dumps(content).encode(), headers)

    def send(
        self,
        status: int,
        data: bytes,
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        """Send an answer; `length` is the length it claims to have."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """The ledger says enough."""


def main() -> None:
    """Serve until killed."""
    Billing.ledger = Ledger()
    ThreadingHTTPServer(("0.0.0.0", 8080), Billing).serve_forever()


if __name__ == "__main__":
    main()
