"""Transfers between accounts, drawn from a seed: what the report is made from."""

from __future__ import annotations

import random

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def draw_transfers(seed: str, count: int, accounts: int) -> str:
    """`count` lines of `day;from;to;cents`, not in the order of days."""
    draw = random.Random(seed)  # noqa: S311 - differs per input, not secret
    names = ["".join(draw.choices(LETTERS, k=draw.randrange(3, 9))) for _ in range(accounts)]
    lines = []
    for _ in range(count):
        source, target = draw.sample(names, 2) if accounts > 1 else (names * 2)[:2]
        cents = draw.choice((draw.randrange(1, 100), draw.randrange(100, 10**6)))
        lines.append(f"{draw.randrange(1, 366)};{source};{target};{cents}\n")
    return "".join(lines)
