#!/usr/bin/env python3
"""Write a mailbox of orders; and know the right answer.

As the task's setup it writes the mails (and is removed then); grade.py imports it.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path

FOLDER = Path("/home/agent/mail")
ARTICLES = ("lamp", "shelf", "stool", "table", "tray")
SHOPS = ("Alder Home", "Briar Rooms", "Clover House", "Dock Street", "Elder Lane", "Furze Hill")
MAILS = 14
MAIL = """\
From: {shop} <orders@{host}.invalid>
To: desk@supplier.invalid
Subject: {subject}

Good day,

{body}

{shop}
"""


def draw(seed: str, what: str, bound: int) -> int:
    """A number from 0 to `bound` - 1 that depends on nothing but the arguments."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest(), "big") % bound


def make_orders(seed: str) -> list[dict[str, int]]:
    """What each mail orders: pieces by article, two or three articles."""
    orders = []
    for number in range(MAILS):
        chosen = sorted(ARTICLES, key=lambda name: draw(seed, f"{number} {name}", 1 << 32))
        count = 2 + draw(seed, f"count {number}", 2)
        orders.append({name: 1 + draw(seed, f"{name} {number}", 40) for name in chosen[:count]})
    return orders


def cancelled(seed: str) -> int:
    """The mail that a later one takes back."""
    return draw(seed, "cancelled", MAILS - 2)


def right_answer(seed: str) -> dict[str, object]:
    """Pieces by article over all orders that hold."""
    sums: Counter[str] = Counter()
    for number, order in enumerate(make_orders(seed)):
        if number != cancelled(seed):
            sums.update(order)
    return {name: sums[name] for name in ARTICLES}


def make_mails(seed: str) -> list[str]:
    """The mails, in the order in which they came."""
    mails = []
    for number, order in enumerate(make_orders(seed)):
        shop = SHOPS[draw(seed, f"shop {number}", len(SHOPS))]
        fields = {
            "shop": shop,
            "host": shop.lower().replace(" ", "-"),
            "subject": f"order {number + 1}",
        }
        words = " and ".join(f"{count} x {name}" for name, count in order.items())
        mails.append(MAIL.format(body=f"we order {words}.", **fields))
    shop = SHOPS[draw(seed, f"shop {cancelled(seed)}", len(SHOPS))]
    body = f"we take back our order {cancelled(seed) + 1}, all of it."
    host = shop.lower().replace(" ", "-")
    mails.append(MAIL.format(shop=shop, host=host, subject="taken back", body=body))
    return mails


def main() -> None:
    """Write one file for each mail."""
    FOLDER.mkdir()
    for number, mail in enumerate(make_mails(os.environ["SECRET_SEED"]), start=1):
        (FOLDER / f"{number:02}.txt").write_text(mail)


if __name__ == "__main__":
    main()
