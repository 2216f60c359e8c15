"""What is broken in a sample, and the orders that were there before; all from its seed."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

ITEMS = ("bolts", "cable", "hinges", "paint")
OLD_ORDERS = 40
QUOTA_BYTES = 8_000_000
EPOCH_SECONDS = 3


@dataclass(frozen=True)
class Plan:
    """`faults` are one of alder's, one of cedar's and two of birch's; `orders` are the old ones."""

    faults: frozenset[str]
    lock: str
    wrong_port: int
    orders: tuple[dict[str, object], ...]
    poison: dict[str, object]
    seed: str


def rate(seed: str, item: str, epoch: int) -> int:
    """An item's rate in cents; it differs from that of the epoch before."""
    word = hashlib.sha256(f"rate {seed} {item} {epoch}".encode()).hexdigest()
    return 100 + int(word[:8], 16) % 400 * 2 + epoch % 2


def make_plan(seed: str) -> Plan:
    """The plan of a seed."""
    draw = random.Random(f"plan {seed}")  # noqa: S311
    faults = {
        draw.choice(["wrong address", "short timeout"]),
        draw.choice(["full quota", "read-only journal"]),
        *draw.sample(["dead lock", "stale rates", "poison"], 2),
    }

    def order(state: str) -> dict[str, object]:
        return {
            "id": f"{draw.getrandbits(48):012x}",
            "item": draw.choice(ITEMS),
            "quantity": draw.randint(1, 60),
            "state": state,
        }

    return Plan(
        faults=frozenset(faults),
        lock=draw.choice(["worker", "taker", "queue"]) + f"-{draw.randint(1, 9)}.lock",
        wrong_port=draw.randint(8081, 8999),
        orders=tuple(
            {**order("done"), "total": draw.randint(500, 50_000)} for _ in range(OLD_ORDERS)
        ),
        poison={**order("waiting"), "quantity": f"{draw.randint(2, 90)} pcs"},
        seed=seed,
    )
