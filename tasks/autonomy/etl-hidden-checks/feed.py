#!/usr/bin/env python3
"""Make the layout of a feed from one seed, and batches in that layout from others.

As the task's setup it writes the layout and one batch (and is removed then). The probe makes
hidden batches with it, and the grader makes the same ones again, to know what was meant. Readings
are made clean and only then written messily: nothing here parses, and nothing here counts.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

FOLDER = Path("/srv/feed")
FAULTS = ("meter", "time", "value", "state", "limit")
UNITS = {"Wh": 0, "kWh": 3, "MWh": 6}
SITES = ("harbour", "mill", "quarry", "depot", "tower", "yard")
Item = TypeVar("Item")


class Draws:
    """Random choices that depend on a seed and on nothing else, not even Python's version."""

    def __init__(self, seed: str) -> None:
        self._numbers = self._stream(seed)

    @staticmethod
    def _stream(seed: str) -> Iterator[int]:
        counter = 0
        while True:
            yield int.from_bytes(hashlib.sha256(f"{seed} {counter}".encode()).digest(), "big")
            counter += 1

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        return next(self._numbers) % bound

    def one_in(self, count: int) -> bool:
        """True once in `count` times."""
        return self.below(count) == 0

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """All `items`, in another order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in items]


@dataclass(frozen=True)
class Layout:
    """What differs from feed to feed."""

    delimiter: str
    columns: dict[str, str]
    good_states: list[str]
    day_starts_at_utc_offset_hours: int
    limit_wh: int


def make_layout(seed: str) -> Layout:
    """The layout of a seed."""
    draws = Draws(f"layout {seed}")
    names = {
        "meter": draws.pick(("meter", "device", "point")),
        "time": draws.pick(("time", "taken_at", "stamp")),
        "value": draws.pick(("value", "energy", "amount")),
        "state": draws.pick(("state", "quality", "flag")),
        "seq": draws.pick(("seq", "revision", "version")),
    }
    return Layout(
        delimiter=draws.pick((",", ";", "|", "\t")),
        columns={name: names[name] for name in draws.shuffled(tuple(names))},
        good_states=sorted(draws.shuffled("ABDEFGMPQRSTV")[:3]),
        day_starts_at_utc_offset_hours=draws.pick((-9, -6, -4, 3, 5, 8)),
        limit_wh=1000 * (200 + draws.below(600)),
    )


@dataclass(frozen=True)
class Reading:
    """One line as it is meant: micro-watt-hours, and the `fault` that spoils it ("" for none)."""

    meter: str
    time: datetime
    micro_wh: int
    seq: int
    fault: str


@dataclass(frozen=True)
class Batch:
    """A batch as it is meant, and its files by name."""

    readings: list[Reading]
    sites: dict[str, str]
    files: dict[str, str]


def make_reading(draws: Draws, layout: Layout, meters: list[str], start: datetime) -> Reading:
    """A reading, spoilt now and then."""
    fault = draws.pick(FAULTS) if draws.one_in(7) else ""
    micro = (draws.below(layout.limit_wh) + 1) * 1_000_000
    if fault == "limit":
        micro = (layout.limit_wh + 1 + draws.below(9_000)) * 1_000_000
    elif draws.one_in(6):
        micro = (draws.below(900) * 1_000_000) + draws.pick((500_000, 499_999, 250_000))
    elif draws.one_in(40):
        micro = layout.limit_wh * 1_000_000
    return Reading(
        meter=draws.pick(meters),
        time=start + timedelta(minutes=15 * draws.below(4 * 24 * 4)),
        micro_wh=micro,
        seq=draws.below(3),
        fault=fault,
    )


def write_time(draws: Draws, reading: Reading) -> str:
    """The time with some offset or Z, or one that is none."""
    if reading.fault == "time":
        return draws.pick(("", "2025-02-30T10:00Z", "2025-03-01T25:00+01:00", "2025-03-01T10:00"))
    minutes = draws.pick((0, 0, 60, 120, 330, -300, -210, 720))
    local = reading.time.astimezone(timezone(timedelta(minutes=minutes)))
    text = local.strftime("%Y-%m-%dT%H:%M")
    if minutes == 0:
        return text + draws.pick(("Z", "+00:00"))
    hours, rest = divmod(abs(minutes), 60)
    return f"{text}{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def write_value(draws: Draws, reading: Reading) -> str:
    """The value exactly, in some unit, or one that is none."""
    if reading.fault == "value":
        return draws.pick(("", "12.5", "1,5 kWh", "-3 Wh", "n/a", "7 kW", "1e3 Wh"))
    unit = draws.pick(tuple(UNITS))
    places = UNITS[unit] + 6
    digits = str(reading.micro_wh).rjust(places + 1, "0")
    number = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    space = draws.pick(("", " ", "  "))
    return number + space + draws.pick((unit, unit.lower(), unit.upper()))


def write_line(draws: Draws, layout: Layout, reading: Reading) -> dict[str, str]:
    """The fields of a reading as the feed writes them."""
    bad = [letter for letter in "ABDEFGMPQRSTV" if letter not in layout.good_states]
    state = draws.pick(bad if reading.fault == "state" else layout.good_states)
    meter = "X" + reading.meter if reading.fault == "meter" else reading.meter
    fields = {
        "meter": draws.pick((meter, meter.lower())),
        "time": write_time(draws, reading),
        "value": write_value(draws, reading),
        "state": "" if reading.fault == "state" and draws.one_in(3) else state,
        "seq": str(reading.seq),
    }
    return {
        layout.columns[name]: draws.pick(("", " ")) + text + draws.pick(("", "", "  "))
        for name, text in fields.items()
    }


def make_batch(layout: Layout, seed: str, lines: int, ends: str = "\n") -> Batch:
    """A batch of so many lines; `ends` ends each of them in the file."""
    draws = Draws(f"batch {seed}")
    start = datetime(2025, 1 + draws.below(12), 1 + draws.below(24), 22, tzinfo=UTC)
    meters = [f"M{100 + number}-{draws.below(90) + 10}" for number in range(4 + lines // 40)]
    sites = {meter: draws.pick(SITES) for meter in meters}
    readings = [make_reading(draws, layout, meters, start) for _ in range(lines)]
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if ends == "\r\n" else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(
        text,
        list(layout.columns.values()),
        delimiter=layout.delimiter,
        lineterminator=ends,
        quoting=quoting,
    )
    writer.writeheader()
    for reading in readings:
        writer.writerow(write_line(draws, layout, reading))
        if draws.one_in(30):
            text.write(ends)
    mark = "\ufeff" if ends == "\r\n" else ""
    files = {"readings.csv": mark + text.getvalue(), "meters.json": json.dumps(sites, indent=1)}
    return Batch(readings, sites, files)


def write_batch(batch: Batch, folder: Path) -> None:
    """Write a batch's files, readable to all."""
    folder.mkdir()
    folder.chmod(0o755)
    for name, text in batch.files.items():
        (folder / name).write_bytes(text.encode())
        (folder / name).chmod(0o644)


def main() -> None:
    """Write the layout and one batch where the agent can read and not change them."""
    seed = os.environ["SECRET_SEED"]
    layout = make_layout(seed)
    FOLDER.mkdir()
    FOLDER.chmod(0o755)
    file = FOLDER / "layout.json"
    file.write_text(json.dumps(asdict(layout), indent=2) + "\n", "utf-8")
    file.chmod(0o644)
    write_batch(make_batch(layout, f"shown {seed}", 150), FOLDER / "batch")


if __name__ == "__main__":
    main()
