#!/usr/bin/env python3
"""Fill a shop's data folder: live data, backups, caches, logs. What is what differs per sample.

As the task's setup it runs as the agent's user, and is removed then.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

FOLDER = Path("/home/agent/store")
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n"
NAMES = ("amber", "basil", "cedar", "delta", "ember", "flint", "gable", "hazel")
MEGABYTE = 1024 * 1024


def draw(seed: str, what: str, bound: int) -> int:
    """A number from 0 to `bound` - 1 that depends on nothing but the arguments."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest(), "big") % bound


def fill(path: str, size: int) -> None:
    """A file of `size` random bytes."""
    file = FOLDER / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(os.urandom(size))


def main() -> None:
    """Write 17 to 18 MB: 3 live, 6 of backups, 6 of caches, 2 of rotated logs, a live log."""
    seed = os.environ["SECRET_SEED"]
    names = sorted(NAMES, key=lambda name: draw(seed, name, 1 << 32))
    for number, name in enumerate(names):
        # Of the folders of parts, every second one is a cache.
        fill(f"parts/{name}/index.bin", MEGABYTE // 4)
        if number % 2:
            fill(f"parts/{name}/tiles/{draw(seed, name, 9999):04}.bin", MEGABYTE * 3 // 2)
            (FOLDER / f"parts/{name}/tiles/CACHEDIR.TAG").write_text(SIGNATURE)
        else:
            fill(f"parts/{name}/orders.bin", MEGABYTE // 4)
    for day in range(3):
        fill(f"backups/shop-2025-03-{1 + draw(seed, 'day', 20) + day:02}.tar", MEGABYTE * 2)
    for number in range(1, 5):
        fill(f"logs/shop.log.{number}.gz", MEGABYTE // 2)
    fill("logs/shop.log", 20_000)


if __name__ == "__main__":
    main()
