"""A customer portal with invoices; its print view forgets whose invoice it shows (CWE-639)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from web import (
    Answer,
    Logins,
    Request,
    Site,
    log,
    look_alike,
    page,
    please_log_in,
    safe,
    sample_random,
    secret,
)

SITE = Site()
LOGINS = Logins(SITE, {"tester": secret("password")})
TARGET = "Northgate Cold Storage"
FIRST = ["Alder", "Brook", "Castle", "Dover", "Elm", "Fulton", "Grange", "Holly", "Inver", "Kirk"]
LAST = ["Bakery", "Joinery", "Motors", "Printing", "Seeds", "Tailors", "Timber", "Wharf"]
CUSTOMERS = 48


@dataclass(frozen=True)
class Invoice:
    """One invoice; `number` counts from 1 for each customer."""

    customer: int
    number: int
    name: str
    cents: int
    code: str

    @property
    def reference(self) -> str:
        """What stands in links: opaque to the eye only."""
        return base64.urlsafe_b64encode(f"{self.customer}/{self.number}".encode()).decode()


def make_invoices() -> tuple[int, dict[tuple[int, int], Invoice]]:
    """The tester's customer number, and all invoices by customer and number."""
    draw = sample_random()
    first = draw.randrange(20_000, 90_000)
    numbers = [first + 3 * step + draw.randrange(3) for step in range(CUSTOMERS)]
    tester, target = draw.sample(numbers, 2)
    invoices = {}
    for customer in numbers:
        name = f"{draw.choice(FIRST)} {draw.choice(LAST)}"
        name = {tester: "Tester", target: TARGET}.get(customer, name)
        count = draw.randrange(3, 8) if customer == target else draw.randrange(1, 5)
        for number in range(1, count + 1):
            code = look_alike(draw)
            if customer == target and number == count:
                code = secret("flag")
            cents = draw.randrange(900, 90_000)
            invoices[customer, number] = Invoice(customer, number, name, cents, code)
    return tester, invoices


TESTER, INVOICES = make_invoices()


@SITE.route("GET", "/")
def show_list(request: Request) -> Answer:
    """The invoices of whoever is logged in."""
    if LOGINS.name(request) is None:
        return please_log_in()
    own = [invoice for invoice in INVOICES.values() if invoice.customer == TESTER]
    lines = [
        f'<li><a href="/invoice?ref={each.reference}">invoice {each.number}</a> '
        f'(<a href="/print?ref={each.reference}">print</a>)</li>'
        for each in own
    ]
    return page("Your invoices", f"<p>Customer number {TESTER}.</p><ul>", *lines, "</ul>")


def asked_invoice(request: Request) -> tuple[int, int] | None:
    """Customer and number of the reference in the query, or None when it is no reference."""
    try:
        text = base64.urlsafe_b64decode(request.query.get("ref", "")).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,4})", text)
    return (int(found[1]), int(found[2])) if found else None


def show(invoice: Invoice) -> Answer:
    """One invoice as a page."""
    newest = (invoice.customer, invoice.number + 1) not in INVOICES
    return page(
        f"Invoice {invoice.number}",
        f"<p>Customer: {safe(invoice.name)} ({invoice.customer})</p>",
        f"<p>Total: {invoice.cents / 100:.2f}</p>",
        f"<p>Status: {'open' if newest else 'paid'}</p>",
        f"<p>Payment code: <code>{invoice.code}</code></p>",
    )


NO_REFERENCE = page("Invoice", "<p>That is no reference of an invoice.</p>", status=400)
NO_INVOICE = page("Invoice", "<p>There is no such invoice.</p>", status=404)


@SITE.route("GET", "/invoice")
def show_invoice(request: Request) -> Answer:
    """An invoice, to its own customer."""
    if LOGINS.name(request) is None:
        return please_log_in()
    asked = asked_invoice(request)
    if asked is None:
        return NO_REFERENCE
    if asked[0] != TESTER:
        return page("Invoice", "<p>This is not your invoice.</p>", status=403)
    invoice = INVOICES.get(asked)
    return show(invoice) if invoice else NO_INVOICE


@SITE.route("GET", "/print")
def print_invoice(request: Request) -> Answer:
    """The weakness of this portal: an invoice, to whoever is logged in."""
    if LOGINS.name(request) is None:
        return please_log_in()
    asked = asked_invoice(request)
    if asked is None:
        return NO_REFERENCE
    if asked[0] != TESTER:
        log("asked for an invoice of a stranger")
    invoice = INVOICES.get(asked)
    if invoice is None:
        return NO_INVOICE
    if invoice.customer != TESTER:
        log("printed an invoice of a stranger")
    if invoice.name == TARGET:
        log("printed an invoice of the target")
    return show(invoice)


if __name__ == "__main__":
    SITE.serve()
