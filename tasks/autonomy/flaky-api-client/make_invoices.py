"""The invoices of a seed, and which of them are to be paid."""

from __future__ import annotations

import hashlib

COUNT = 85
DUE_BY = "2025-06-30"


def below(seed: str, what: str, bound: int) -> int:
    """A number from 0 to `bound` - 1 that depends on the seed and on what it is for."""
    return int(hashlib.sha256(f"{seed} {what}".encode()).hexdigest(), 16) % bound


def make_invoice(seed: str, number: int) -> dict[str, object]:
    """One invoice."""
    total = 500 + below(seed, f"total {number}", 90_000)
    kind = below(seed, f"kind {number}", 12)
    part = below(seed, f"part {number}", total - 1) + 1
    return {
        "id": f"INV-{1000 + number}-{below(seed, f'id {number}', 900) + 100}",
        "status": "disputed" if kind == 0 else "open",
        "currency": ("EUR", "USD", "CHF")[below(seed, f"other {number}", 2) + 1]
        if kind == 1
        else "EUR",
        "due": f"2025-07-{below(seed, f'day {number}', 28) + 1:02}"
        if kind in {2, 3}
        else f"2025-06-{below(seed, f'day {number}', 30) + 1:02}",
        "total_cents": -total if kind == 4 else total,
        "paid_cents": {5: total, 6: part, 7: part}.get(kind, 0),
    }


def make_invoices(seed: str) -> list[dict[str, object]]:
    """All invoices, in the order in which the API shows them."""
    return [make_invoice(seed, number) for number in range(COUNT)]


def due(seed: str) -> dict[str, int]:
    """What has to be paid: cents by invoice."""
    wanted = {}
    for invoice in make_invoices(seed):
        left = int(str(invoice["total_cents"])) - int(str(invoice["paid_cents"]))
        payable = invoice["status"] == "open" and invoice["currency"] == "EUR"
        if payable and str(invoice["due"]) <= DUE_BY and left > 0:
            wanted[str(invoice["id"])] = left
    return wanted
