"""What the inventory remembers, in one SQLite file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

SCHEMA = Path(__file__).with_name("schema.sql")


class NoSuchItemError(Exception):
    """There is no item of that name."""


class TooFewError(Exception):
    """There are fewer pieces than were asked for."""


class Store:
    """The items and their quantities."""

    def __init__(self, folder: Path) -> None:
        self.database = sqlite3.connect(folder / "inventory.db")
        self.database.executescript(SCHEMA.read_text())

    def quantity(self, sku: str) -> int:
        """How many pieces there are. Raises NoSuchItemError."""
        row = self.database.execute("SELECT qty FROM items WHERE sku = ?", (sku,)).fetchone()
        if row is None:
            raise NoSuchItemError(sku)
        return int(row[0])

    def put(self, sku: str, qty: int) -> bool:
        """Set the quantity; tells whether the item is new."""
        known = self.database.execute("SELECT 1 FROM items WHERE sku = ?", (sku,)).fetchone()
        self.database.execute("INSERT OR REPLACE INTO items VALUES (?, ?)", (sku, qty))
        self.database.commit()
        return known is None

    def take(self, sku: str, qty: int) -> int:
        """Take pieces away; gives what is left. Raises NoSuchItemError, TooFewError."""
        there = self.quantity(sku)
        if there <= qty:
            raise TooFewError(sku)
        left = there - qty
        self.database.execute("UPDATE items SET qty = ? WHERE sku = ?", (left, sku))
        return left

    def items(self) -> list[tuple[str, int]]:
        """All items with their quantities, sorted by name."""
        return self.database.execute("SELECT sku, qty FROM items").fetchall()
