"""A sensor's log: rows kept while it watches, then `evidence/sensors/<name>.jsonl`.

The last line is `{"kind": "end", "lost": {reason: count}}`: without it, or with losses, a sensor's
silence proves nothing (see harness.rules.liveness).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class SensorLog:
    """Rows of one sensor in the order of writing, and what it lost."""

    name: str
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, **fields: Any) -> None:
        """Keep one row."""
        self.rows.append({"kind": kind, **fields})

    def lose(self, reason: str, count: int = 1) -> None:
        """Count what could not be seen or kept."""
        self.lost[reason] += count

    def save(self, folder: Path) -> None:
        """Write it into the folder of sensors. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = [*self.rows, {"kind": "end", "lost": dict(self.lost)}]
        text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        (folder / f"{self.name}.jsonl").write_text(text, "utf-8")
