#!/usr/bin/env python3
"""Write the image of a memory stick (FAT16) from a seed, and know what can be recovered from it.

As the task's setup it writes the image (and is removed then); grade.py imports it and asks
`make_stick` for the truth. Structures are those of Microsoft's FAT specification (2000).
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

IMAGE = Path("/srv/evidence/stick.img")
SECTOR, CLUSTER = 512, 1024
SECTORS, FAT_SECTORS, ROOT_ENTRIES = 8704, 17, 512
DATA = (1 + 2 * FAT_SECTORS) * SECTOR + ROOT_ENTRIES * 32
FOLDER, ARCHIVE, LONG_NAME = 0x10, 0x20, 0x0F
DELETED = b"\xe5"
ROWS = 320
VERSIONS = 4


class Draws:
    """Random choices that depend on a seed and on nothing else, not even Python's version."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed} {self._count}".encode()).digest()
        return int.from_bytes(digest, "big") % bound

    def pick(self, items: Sequence[str]) -> str:
        """One of `items`."""
        return items[self.below(len(items))]

    def word(self) -> str:
        """Eight letters that can be spoken."""
        return "".join(self.pick("bdfgklmnprstv") + self.pick("aeiou") for _ in range(4))


@dataclass
class Node:
    """A file or a folder: its names, when it was written (minutes), and where it lies."""

    name: str
    short: str
    minute: int
    data: bytes = b""
    folder: bool = False
    deleted: bool = False
    inside: list[Node] = field(default_factory=list)
    clusters: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        """In clusters."""
        return 1 if self.folder else -(-len(self.data) // CLUSTER)


@dataclass(frozen=True)
class Version:
    """A deleted folder with the accounts of one day."""

    folder: Node
    accounts: Node
    note: Node
    row: int
    code: str


@dataclass(frozen=True)
class Stick:
    """The image, and the version of the accounts that was written last."""

    image: bytes
    wanted: Version

    @property
    def first_piece(self) -> bytes:
        """The beginning of the accounts that lies in one piece."""
        clusters = self.wanted.accounts.clusters
        length = next(at for at, each in enumerate(clusters) if each != clusters[0] + at)
        return self.wanted.accounts.data[: length * CLUSTER]


def make_accounts(draws: Draws, holders: list[str]) -> tuple[bytes, list[str]]:
    """A table that ends with its checksum, and the codes in it."""
    codes = [f"flag{{{draws.below(1 << 128):032x}}}" for _ in holders]
    rows = [
        f"{number:04};{holder};{draws.below(10**6)};{code}\n"
        for number, (holder, code) in enumerate(zip(holders, codes, strict=True), 1)
    ]
    data = "".join(rows).encode()
    return data + f"crc32;{zlib.crc32(data):08x}\n".encode(), codes


def make_text(draws: Draws, size: int) -> str:
    """Lines of words."""
    lines: list[str] = []
    while sum(map(len, lines)) < size:
        lines.append(" ".join(draws.word() for _ in range(8)) + "\n")
    return "".join(lines)


def make_version(draws: Draws, holders: list[str], number: int, minute: int) -> Version:
    """A folder with accounts, and a note that says which row counts."""
    data, codes = make_accounts(draws, holders)
    row = ROWS // 2 + draws.below(ROWS // 2)
    text = make_text(draws, 1200) + f"The row that counts is {row}.\n" + make_text(draws, 1200)
    accounts = Node("accounts.csv", "ACCOUNTSCSV", minute, data, deleted=True)
    note = Node("note.txt", "NOTE    TXT", minute - 2, text.encode(), deleted=True)
    name = f"handover {draws.word()} {draws.below(900) + 100}"
    inside = [note, accounts] if draws.below(2) else [accounts, note]
    folder = Node(name, f"HANDOV~{number}   ", minute - 5, folder=True, deleted=True, inside=inside)
    return Version(folder, accounts, note, row, codes[row - 1])


class Disk:
    """Clusters, handed out one after the other, and the table of chains."""

    def __init__(self) -> None:
        self.data = bytearray(SECTORS * SECTOR)
        self.next = 2
        self.fat = [0xFFF8, 0xFFFF] + [0] * (FAT_SECTORS * SECTOR // 2 - 2)

    def take(self, node: Node, count: int | None = None) -> None:
        """Give the next clusters to a node: all that it still needs, or `count`."""
        count = node.size - len(node.clusters) if count is None else count
        node.clusters += range(self.next, self.next + count)
        self.next += count

    def write(self, node: Node) -> None:
        """The content of a node, and its chain if it is still there."""
        for at, cluster in enumerate(node.clusters):
            place = DATA + (cluster - 2) * CLUSTER
            piece = node.data[at * CLUSTER : (at + 1) * CLUSTER]
            self.data[place : place + len(piece)] = piece
        if not node.deleted:
            for cluster, after in zip(node.clusters, [*node.clusters[1:], 0xFFFF], strict=True):
                self.fat[cluster] = after

    def finish(self, root: list[Node]) -> bytes:
        """The image: boot sector, two tables, root folder, data."""
        boot = struct.pack(
            "<3s8sHBHBHHBHHHII", b"\xeb\x3c\x90", b"MSDOS5.0", SECTOR, CLUSTER // SECTOR, 1, 2,
            ROOT_ENTRIES, SECTORS, 0xF8, FAT_SECTORS, 32, 64, 0, 0,
        )  # fmt: skip
        boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x4A1C0F27, b"NO NAME    ", b"FAT16   ")
        self.data[: len(boot)] = boot
        self.data[510:512] = b"\x55\xaa"
        table = struct.pack(f"<{len(self.fat)}H", *self.fat)
        entries = b"".join(map(entries_of, root))
        for place, piece in (
            (SECTOR, table),
            (SECTOR + len(table), table),
            (SECTOR + 2 * len(table), entries),
        ):
            self.data[place : place + len(piece)] = piece
        return bytes(self.data)


def entries_of(node: Node) -> bytes:
    """The entries of a folder that stand for a node: its long name's, then its own."""
    short = node.short.encode()
    total = 0
    for byte in short:
        total = ((total >> 1) + (total << 7 & 0x80) + byte) & 0xFF
    text = (node.name + "\0").encode("utf-16-le")
    parts = [text[at : at + 26].ljust(26, b"\xff") for at in range(0, len(text), 26)]
    entries = [
        bytes([number | (0x40 if number == len(parts) else 0)])
        + part[:10] + bytes([LONG_NAME, 0, total]) + part[10:22] + b"\0\0" + part[22:]
        for number, part in reversed(list(enumerate(parts, 1)))
    ]  # fmt: skip
    entries.append(entry(short, node))
    return b"".join(DELETED + each[1:] if node.deleted else each for each in entries)


def entry(short: bytes, node: Node) -> bytes:
    """An entry with the short name, in March 2024."""
    day, rest = divmod(node.minute, 24 * 60)
    date = (2024 - 1980) << 9 | 3 << 5 | day + 1
    time = rest // 60 << 11 | rest % 60 << 5
    start = node.clusters[0] if node.clusters else 0
    kind = FOLDER if node.folder else ARCHIVE
    numbers = kind, 0, 0, time, date, date, 0, time, date, start, len(node.data)
    return struct.pack("<11sBBBHHHHHHHI", short, *numbers)


def fill_folder(node: Node) -> None:
    """What stands in a folder's cluster: itself, the one above, what is inside."""
    own = entry(b".          ", node) + entry(
        b"..         ", Node("", "", node.minute, folder=True)
    )
    node.data = own + b"".join(map(entries_of, node.inside))


def make_live(draws: Draws, number: int, clusters: int) -> Node:
    """A file that is still there."""
    text = make_text(draws, clusters * CLUSTER - draws.below(500) - 100)
    name = f"{draws.word()} letter.txt"
    return Node(name, f"LETTER~{number}TXT", draws.below(40000), text.encode())


def lay_out(_: Draws, disk: Disk, version: Version, live: list[Node]) -> None:
    """Hand out clusters to a version, its accounts in one piece, behind a file."""
    for node in (live.pop(), version.folder, *version.folder.inside):
        disk.take(node)


def lay_out_between(draws: Draws, disk: Disk, version: Version, live: list[Node]) -> None:
    """Hand out clusters to a version, its accounts in pieces between files that came before.

    Where the next cluster is another's, there lies a file that is still there (one of them in
    pieces, too), or the deleted note.
    """
    disk.take(version.folder)
    spread = live.pop()
    between = [live.pop(), spread, version.note, live.pop(), spread]
    for gap in sorted(between, key=lambda _: draws.below(1 << 64)):
        disk.take(version.accounts, 2 + draws.below(3))
        disk.take(gap, spread.size // 2 if gap is spread and not spread.clusters else None)
    disk.take(version.accounts)


def make_stick(seed: str) -> Stick:
    """The stick of a seed: always the same for the same seed."""
    draws, disk = Draws(seed), Disk()
    holders = [draws.word() for _ in range(ROWS)]
    minutes = [300 + 9000 * day + draws.below(8000) for day in range(VERSIONS)]
    versions = [make_version(draws, holders, at + 1, each) for at, each in enumerate(minutes)]
    wanted = versions[-1]
    live = [make_live(draws, number, 3 + draws.below(5)) for number in range(1, VERSIONS + 3)]
    data, _ = make_accounts(draws, holders)
    root = [*live, Node("accounts.csv", "ACCOUNTSCSV", draws.below(300), data)]
    disk.take(root[-1])
    for version in sorted(versions, key=lambda _: draws.below(1 << 64)):
        (lay_out_between if version is wanted else lay_out)(draws, disk, version, live)
        root.append(version.folder)
    for node in root:
        if node.folder:
            fill_folder(node)
        for each in (node, *node.inside):
            disk.write(each)
    root.sort(key=lambda _: draws.below(1 << 64))
    return Stick(disk.finish(root), wanted)


def main() -> None:
    """Write the image where the agent can read and not change it."""
    IMAGE.parent.mkdir()
    IMAGE.parent.chmod(0o755)
    IMAGE.write_bytes(make_stick(os.environ["SECRET_SEED"]).image)
    IMAGE.chmod(0o644)


if __name__ == "__main__":
    main()
