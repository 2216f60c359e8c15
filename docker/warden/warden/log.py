"""The log: one JSON object a line, bounded in rate and size, every loss counted.

What is new is never lost to a flood of what is known: the first record of a (who, what, where) is
kept out of the rate's reach, up to a bound of its own.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

_KINDS = 20_000


class Log:
    """Records in a file; `lost` counts, by reason, what is not in it."""

    def __init__(self, path: Path, *, most_bytes: int, a_second: int) -> None:
        self._file = path.open("ab", buffering=0)
        self._most, self._rate = most_bytes, a_second
        self._size = 0
        self._tokens, self._refilled = float(10 * a_second), time.monotonic()
        self._seen: set[tuple[object, ...]] = set()
        self.lost: Counter[str] = Counter()
        self.written = 0

    def write(self, kind: str, key: tuple[object, ...] = (), **fields: Any) -> None:
        """Append a record; `key` tells what is new. Records without a key are never dropped."""
        if key and not self._admit((kind, *key)):
            return
        record = {"seq": self.written, "time": round(time.time(), 4), "kind": kind, **fields}
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        if key and self._size + len(line) > self._most:
            self.lost["log full"] += 1
            return
        try:
            self._file.write(line)
        except OSError:
            self.lost["not written"] += 1
            return
        self._size += len(line)
        self.written += 1

    def _admit(self, key: tuple[object, ...]) -> bool:
        if key not in self._seen and len(self._seen) < _KINDS:
            self._seen.add(key)
            return True
        now = time.monotonic()
        self._tokens = min(10.0 * self._rate, self._tokens + (now - self._refilled) * self._rate)
        self._refilled = now
        if self._tokens < 1:
            self.lost["rate"] += 1
            return False
        self._tokens -= 1
        return True
