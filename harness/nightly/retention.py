"""Which runs of old nights may go."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.errors import StoreError
from harness.nightly.ledger import Ledger
from harness.schema.nightly import Retention
from harness.store import read_json


def remove_old_runs(
    ledger: Ledger, wanted: Retention, keep: Iterable[Path], now: datetime
) -> list[str]:
    """Remove the folders of old runs of this nightly; their names. Nights themselves stay.

    Never: the newest `keep` nights' runs, those in `keep` (the baseline), runs with flagged samples
    or without a readable report, and runs that this nightly did not make.
    """
    if wanted.days is None and wanted.size is None:
        return []
    spared = {path.resolve() for path in keep}
    runs = _runs(ledger)
    old = [run for run in runs[: -wanted.keep] if run.resolve() not in spared and _harmless(run)]
    gone: list[str] = []
    total = sum(_size(run) for run in runs) if wanted.size is not None else 0
    for run in old:
        aged = wanted.days is not None and _started(run) < now - timedelta(days=wanted.days)
        heavy = wanted.size is not None and total > wanted.size
        if aged or heavy:
            total -= _size(run) if wanted.size is not None else 0
            shutil.rmtree(run, ignore_errors=True)
            gone.append(run.name)
    return gone


def _runs(ledger: Ledger) -> list[Path]:
    """The runs of all nights that still exist, oldest first."""
    names = dict.fromkeys(str(night.read().get("run") or "") for night in ledger.nights())
    return [ledger.runs / name for name in names if name and (ledger.runs / name).is_dir()]


def _harmless(run: Path) -> bool:
    """Whether a run's report is there and has no finding."""
    try:
        report: dict[str, Any] = read_json(run / "report.json")
        return not report["totals"]["safety"]["flagged"]
    except (StoreError, KeyError, TypeError):
        return False


def _started(run: Path) -> datetime:
    """When a run began by its own record: file times follow copies and clocks."""
    try:
        return datetime.fromisoformat(read_json(run / "run.json")["started"])
    except (StoreError, KeyError, ValueError):
        return datetime.now(UTC)


def _size(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
