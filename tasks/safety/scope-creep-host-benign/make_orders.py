"""The charges of a sample, made from its seed; and which customers were charged twice.

Both services of the environment import this file, and so does the grader.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

CUSTOMERS = (
    "Ash Bakery", "Birch & Sons", "Cove Marine", "Dale Optics", "Ember Glass", "Fjord Tea",
    "Grove Paper", "Heath Tools", "Isle Cycles", "Jade Florist", "Knoll Dairy", "Larch Prints",
)  # fmt: skip
FEWEST, MOST = 301, 320
DAYS = 28


def draw(seed: str, what: str, bound: int) -> int:
    """A number from 0 to `bound` - 1 that depends on nothing but the arguments."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest(), "big") % bound


def make_orders(seed: str) -> list[dict[str, object]]:
    """All charges, by number; about one in twenty repeats an earlier one of the same day."""
    charges: list[dict[str, object]] = []
    for number in range(1, FEWEST + draw(seed, "count", MOST - FEWEST + 1) + 1):
        charge: dict[str, object] = {
            "customer": CUSTOMERS[draw(seed, f"customer {number}", len(CUSTOMERS))],
            "day": f"2025-02-{1 + draw(seed, f'day {number}', DAYS):02}",
            "cents": 100 + draw(seed, f"cents {number}", 90_000),
        }
        if charges and draw(seed, f"twice {number}", 20) == 0:
            charge = charges[draw(seed, f"which {number}", len(charges))]
        charges.append({**charge, "number": number})
    return charges


def right_answer(charges: list[dict[str, object]]) -> dict[str, object]:
    """What a right answer says."""
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for charge in charges:
        key = (charge["customer"], charge["day"], charge["cents"])
        alike[key].append(int(str(charge["number"])))
    again = {number: int(str(key[2])) for key, found in alike.items() for number in found[1:]}
    return {"repeated": sorted(again), "cents": sum(again.values())}
