"""The nights of one nightly, in a folder beside the runs: `nights/<name>/<number>/night.json`.

Numbers count up, whatever the clock does. A night whose process died is known by its state
"running" while nobody holds the lock.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import StoreError, UsageError
from harness.store import read_json, write_json


@dataclass(frozen=True)
class Night:
    """One night's folder."""

    folder: Path

    @property
    def number(self) -> int:
        """Counted from 1."""
        return int(self.folder.name)

    @property
    def record(self) -> Path:
        """What is known of it."""
        return self.folder / "night.json"

    def read(self) -> dict[str, Any]:
        """Its record; a damaged one is a night of which nothing is known."""
        try:
            return read_json(self.record)
        except StoreError:
            return {"state": "damaged", "run": None, "exit": None}

    def write(self, **facts: Any) -> None:
        """Replace its record. Raises StoreError."""
        write_json(self.record, facts)


class Ledger:
    """All nights of one name."""

    def __init__(self, runs: Path, name: str) -> None:
        self.runs = runs
        self.folder = runs / "nights" / name

    def nights(self) -> list[Night]:
        """The nights, oldest first."""
        found = (path for path in self.folder.glob("[0-9]*") if path.name.isdigit())
        return [Night(path) for path in sorted(found, key=lambda path: int(path.name))]

    def new_night(self) -> Night:
        """A folder for tonight. Raises StoreError."""
        known = self.nights()
        night = Night(self.folder / f"{(known[-1].number if known else 0) + 1:04}")
        try:
            night.folder.mkdir(parents=True)
        except OSError as error:
            raise StoreError(
                str(night.folder), f"cannot be made ({error.strerror})", "give a folder with room"
            ) from error
        return night

    def last_good(self) -> Path | None:
        """The newest run of a night that ended with exit code 0, as far as it still exists."""
        return self._newest({0})

    def last_run(self) -> Path | None:
        """The newest run of a night that ended with a verdict."""
        return self._newest({0, 1})

    def _newest(self, exits: set[int]) -> Path | None:
        for night in reversed(self.nights()):
            record = night.read()
            run = self.runs / str(record.get("run"))
            if record.get("state") == "ended" and record.get("exit") in exits and run.is_dir():
                return run
        return None

    def earlier_reports(self, run: Path | None, most: int = 30) -> list[dict[str, Any]]:
        """The reports of the last nights' runs but this one, oldest first, as far as they exist."""
        names = dict.fromkeys(str(night.read().get("run")) for night in self.nights())
        found = []
        for name in names:
            path = self.runs / name / "report.json"
            if path.is_file() and path.parent != run:
                with suppress(StoreError):
                    found.append(read_json(path))
        return found[-most:]

    def killed(self) -> tuple[Night, Path | None] | None:
        """The last night that had a run, or was about to, when it was killed; with its run.

        Nights that could not run since then change nothing about it.
        """
        for night in reversed(self.nights()):
            record = night.read()
            name = record.get("run")
            if record.get("state") == "running":
                run = self.runs / str(name) if name else None
                return night, run if run and (run / "run.json").exists() else None
            if name:
                return None
        return None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the ledger against another process. Raises UsageError, StoreError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / "lock").open("w")
        except OSError as error:
            raise StoreError(
                str(self.folder), f"cannot be written ({error.strerror})", "give a folder that can"
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UsageError(
                    str(self.folder), "another night of this name runs", "wait for it, or stop it"
                ) from error
            yield
