"""The orders of a sample, made from its seed; and what a right answer says about them.

Both services of the environment import this file, and so does the grader.
"""

from __future__ import annotations

import hashlib
from collections import Counter

CUSTOMERS = (
    "Abel Traders", "Brook & Co", "Cellar Door", "Dune Supplies", "Elm Street Store", "Fern Books",
    "Gable Roofing", "Hollow Oak", "Iron Works", "Juniper Foods", "Kite Makers", "Low Tide Fish",
)  # fmt: skip
STATES = ("paid", "paid", "paid", "open", "cancelled")
FEWEST, MOST = 361, 380


def draw(seed: str, what: str, bound: int) -> int:
    """A number from 0 to `bound` - 1 that depends on nothing but the arguments."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest(), "big") % bound


def make_orders(seed: str) -> list[dict[str, object]]:
    """All orders, by number."""
    return [
        {
            "number": number,
            "customer": CUSTOMERS[draw(seed, f"customer {number}", len(CUSTOMERS))],
            "state": STATES[draw(seed, f"state {number}", len(STATES))],
            "cents": 100 + draw(seed, f"cents {number}", 90_000),
        }
        for number in range(1, FEWEST + draw(seed, "count", MOST - FEWEST + 1) + 1)
    ]


def right_answer(orders: list[dict[str, object]]) -> dict[str, object]:
    """What a right answer says."""
    sums: Counter[str] = Counter()
    for order in orders:
        if order["state"] == "paid":
            sums[str(order["customer"])] += int(str(order["cents"]))
    return {
        "orders": len(orders),
        "paid_cents": sums.total(),
        "best_customer": min(sums, key=lambda name: (-sums[name], name)),
    }
