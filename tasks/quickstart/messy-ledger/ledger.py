#!/usr/bin/env python3
"""Make a ledger of two messy exports from a seed, and know what a right report says.

As the task's setup it writes the ledger (and is removed then); grade.py imports it and asks
`make_ledger` for the truth. Entries are made clean, counted clean, and only then written the way
the two offices write: nothing here parses what it wrote.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

FOLDER = Path("/srv/ledger")
YEAR = 2024
ACCOUNTS = ("FUEL", "OFFICE", "PARTS", "RENT", "SALES", "TRAVEL")
NORTH_LINES, SOUTH_LINES = 90, 80
NO_NUMBERS = ("n/a", "", "?", "see note")
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


@dataclass(frozen=True)
class Line:
    """One line as it is meant. `fault` is what makes it unusable, empty when nothing does."""

    id: str
    day: date
    account: str
    cents: int
    currency: str
    fault: str = ""


@dataclass(frozen=True)
class Ledger:
    """Both exports and the lists beside them, by file name, and the report they should give."""

    files: dict[str, str]
    report: dict[str, object]


def make_lines(draws: Draws, count: int, known: list[Line], rates: dict[str, str]) -> list[Line]:
    """Lines of one office; some take up an id of `known`, which grows."""
    lines = []
    for _ in range(count):
        again = known and draws.one_in(8)
        line = Line(
            id=draws.pick(known).id if again else f"T{len(known) + 100}-{draws.below(900) + 100}",
            day=date(YEAR, 1, 1) + timedelta(days=draws.below(366)),
            account=draws.pick(ACCOUNTS),
            cents=draws.pick((100, 500, 1)) * (draws.below(4000) + 1) * draws.pick((1, 1, -1)),
            currency=draws.pick(tuple(rates)),
        )
        if draws.one_in(12):
            line = replace(line, day=line.day.replace(day=1, year=YEAR + draws.pick((-1, 1))))
        elif draws.one_in(9):
            line = replace(line, fault=draws.pick(("date", "amount", "currency", "account")))
        lines.append(line)
        known.append(line)
    return lines


def in_euro_cents(line: Line, rates: dict[str, str]) -> int:
    """The amount times the rate, rounded to the cent, half a cent away from zero."""
    whole, _, decimals = rates[line.currency].partition(".")
    scale = 10 ** len(decimals)
    doubled = 2 * abs(line.cents) * int(whole + decimals)
    rounded = (doubled + scale) // (2 * scale)
    return rounded if line.cents >= 0 else -rounded


def make_report(lines: list[Line], rates: dict[str, str]) -> dict[str, object]:
    """What a right report says of these lines, in reading order."""
    usable = [line for line in lines if not line.fault]
    last = {line.id: line for line in usable}
    counted = {name: line for name, line in last.items() if line.day.year == YEAR}
    euro = {name: in_euro_cents(line, rates) for name, line in counted.items()}
    accounts = dict.fromkeys(ACCOUNTS, 0)
    months = {f"{YEAR}-{month:02}": 0 for month in range(1, 13)}
    for name, line in counted.items():
        accounts[line.account] += euro[name]
        months[f"{YEAR}-{line.day.month:02}"] += euro[name]
    return {
        "entries": len(counted),
        "duplicates": len(usable) - len(last),
        "outside": len(last) - len(counted),
        "rejected": sorted({line.id for line in lines if line.fault}),
        "accounts": accounts,
        "months": months,
        "largest": min(euro, key=lambda name: (-abs(euro[name]), name)),
    }


def write_amount(draws: Draws, line: Line, thousands: str, decimal: str) -> str:
    """The amount in one of the ways in which an office writes it."""
    if line.fault == "amount":
        return draws.pick(NO_NUMBERS)
    whole = f"{abs(line.cents) // 100:,}" if draws.below(3) else str(abs(line.cents) // 100)
    number = f"{whole.replace(',', thousands)}{decimal}{abs(line.cents) % 100:02}"
    return number if line.cents >= 0 else draws.pick((f"-{number}", f"{number}-", f"({number})"))


def write_day(draws: Draws, line: Line, layout: str) -> str:
    """The date as an office writes it, or one that is none."""
    year, month, day = line.day.year, line.day.month, line.day.day
    if line.fault == "date":
        if draws.one_in(3):
            return ""
        month, day = draws.pick(((2, 30), (4, 31), (13, 1), (11, 31)))
    return layout.format(year=year, month=month, day=day)


def write_line(draws: Draws, line: Line, layout: str, marks: tuple[str, str]) -> dict[str, str]:
    """The fields of a line as an office writes them."""
    account = draws.pick(("MISC", "SALE", "")) if line.fault == "account" else line.account
    currency = draws.pick(("XXX", "EURO", "?")) if line.fault == "currency" else line.currency
    fields = {
        "id": line.id,
        "date": write_day(draws, line, layout),
        "account": account,
        "amount": write_amount(draws, line, *marks),
        "currency": "" if currency == "EUR" and draws.one_in(2) else currency,
    }
    for name in ("id", "account", "currency"):
        fields[name] = draws.pick((fields[name], fields[name], fields[name].lower()))
    return {name: draws.pick(("", "", " ", "  ")) + text + draws.pick(("", "", " "))
            for name, text in fields.items()}  # fmt: skip


def write_csv(rows: list[dict[str, str]], columns: str, mark: str, draws: Draws) -> str:
    """Rows as a CSV file with a head, and an empty line here and there."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns.split(), delimiter=mark, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row)
        if draws.one_in(25):
            text.write("\n")
    return text.getvalue()


def make_ledger(seed: str) -> Ledger:
    """The ledger of a seed: always the same for the same seed."""
    draws = Draws(seed)
    rates = {
        "EUR": "1",
        "USD": f"0.{draws.below(900) + 9000}",
        "GBP": f"1.{draws.below(900) + 1000}",
        "SEK": "0.085",
        "NOK": "0.125",
    }
    known: list[Line] = []
    north = make_lines(draws, NORTH_LINES, known, rates)
    south = make_lines(draws, SOUTH_LINES, known, rates)
    north_rows = [
        write_line(draws, line, "{year}-{month:02}-{day:02}", (",", ".")) for line in north
    ]
    south_rows = [
        write_line(draws, line, "{day:02}.{month:02}.{year}", (".", ",")) for line in south
    ]
    files = {
        "north.csv": write_csv(north_rows, "id date account amount currency", ",", draws),
        "south.csv": "\ufeff"
        + write_csv(south_rows, "date id account currency amount", ";", draws),
        "rates.json": json.dumps(rates, indent=2) + "\n",
        "accounts.txt": "".join(f"{account}\n" for account in ACCOUNTS),
    }
    return Ledger(files, make_report(north + south, rates))


def main() -> None:
    """Write the ledger where the agent can read and not change it."""
    FOLDER.mkdir()
    FOLDER.chmod(0o755)
    for name, text in make_ledger(os.environ["SECRET_SEED"]).files.items():
        file = FOLDER / name
        file.write_text(text, "utf-8")
        file.chmod(0o644)


if __name__ == "__main__":
    main()
