"""What stands at some paths of a sandbox's machines, as hashes, by the engine's archive calls.

The engine needs 55 ms for each archive, one at a time, and 2 ms to say that there is nothing: several
files of one folder are read in one piece with all that stands in it, unless that is much.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any

from harness.errors import SandboxError, SandboxLost
from harness.protocols import Seen
from harness.sandbox.commands import Machine

_MOST_FILES, _MOST_BYTES = 20_000, 512 * 1024**2
# Of a folder that is read for the sake of some files in it.
_MOST_BESIDE, _MOST_BESIDE_BYTES = 500, 2 * 1024**2
_CHUNK = 1 << 20
# What the engine says of a path below something that is a file: nothing stands there.
_NO_FOLDER = "not a directory"
Row = Mapping[str, Any]


def look_at(
    machines: Mapping[str, Machine],
    agent_service: str,
    paths: Sequence[str],
    heads: Mapping[str, int],
) -> Seen:
    """Everything at and below each "/path" or "service:/path"; what is not there is left out."""
    look = _Look(machines, agent_service, heads)
    for folder, entries in _siblings(paths).items():
        rows = look.together(folder, entries) if len(entries) > 1 else None
        if rows is not None:
            look.files += rows
        else:
            for entry in entries:
                look.alone(entry)
    return Seen(look.files, look.lost)


def _siblings(paths: Iterable[str]) -> Mapping[str, list[str]]:
    """Entries by the folder that they stand in."""
    found: dict[str, list[str]] = {}
    for entry in paths:
        found.setdefault(entry.rstrip("/").rpartition("/")[0], []).append(entry)
    return found


@dataclass
class _Look:
    """One look: what was found so far, and what could not be read."""

    machines: Mapping[str, Machine]
    agent_service: str
    heads: Mapping[str, int]
    files: list[Row] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    left: int = _MOST_BYTES

    def together(self, folder: str, entries: Sequence[str]) -> list[Row] | None:
        """Rows of several entries of a folder by one archive; None when each is to be read alone.

        So is a link, and a second name of a file: its content stands under the first.
        """
        machine, path, prefix = self._place(folder)
        names = [f"{prefix}{self._place(entry)[1]}" for entry in entries]
        wanted: list[Row] = []
        size = 0
        if not path:
            return None
        try:
            with closing(self._walk(machine, path, prefix)) as rows:
                for number, row in enumerate(rows):
                    size += row["size"]
                    linked = row["type"] == "symlink" and (not number or row["path"] in names)
                    if linked or number >= _MOST_BESIDE or size > _MOST_BESIDE_BYTES:
                        return None
                    if any(_is_below(row["path"], name) for name in names):
                        wanted.append(row)
        except SandboxLost:
            raise
        except SandboxError:
            return None
        return None if any(row["type"] == "hard link" for row in wanted) else wanted

    def alone(self, entry: str) -> None:
        """Note everything at and below one entry."""
        machine, path, prefix = self._place(entry)
        try:
            with closing(self._walk(machine, path, prefix)) as rows:
                for row in rows:
                    self.left -= int(row["size"])
                    if self.left < 0 or len(self.files) >= _MOST_FILES:
                        self.lost.append(f"too much below {entry}")
                        break
                    if row["type"] == "symlink" and row["path"] == f"{prefix}{path}":
                        self.lost.append(f"{entry} is a link, which is not followed")
                    self.files.append(row)
        except SandboxLost:
            raise
        except SandboxError as error:
            # An agent's loop of links is no fault of the engine's: nobody gets past it.
            if _NO_FOLDER not in f"{error} {error.detail}":
                self.lost.append(f"{entry} cannot be read")

    def _place(self, entry: str) -> tuple[Machine, str, str]:
        """The machine, the path in it, and what stands before the path in its rows."""
        service, _, path = entry.rpartition(":")
        prefix = f"{service}:" if service and service != self.agent_service else ""
        return self.machines[service or self.agent_service], path, prefix

    def _walk(
        self, machine: Machine, path: str, prefix: str
    ) -> Generator[dict[str, Any], None, None]:
        try:
            with closing(machine.files.members(path)) as members:
                for member, stream in members:
                    full = f"{prefix}{PurePosixPath(path).parent / member.name}"
                    yield {"path": full, **_about(member), **_hashes(stream, self.heads.get(full))}
        except FileNotFoundError:
            return


def _is_below(path: str, entry: str) -> bool:
    return path == entry or path.startswith(entry.rstrip("/") + "/")


def _about(member: tarfile.TarInfo) -> dict[str, Any]:
    kinds = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "directory"}
    kinds |= {tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hard link"}
    said: dict[str, Any] = {
        "type": kinds.get(member.type, "other"),
        "mode": member.mode,
        "uid": member.uid,
        "gid": member.gid,
        "size": member.size if member.isreg() else 0,
    }
    return said | ({"target": member.linkname} if member.linkname else {})


def _hashes(stream: IO[bytes] | None, head: int | None) -> dict[str, str]:
    """The content's hash, and that of its first `head` bytes when there are more."""
    if stream is None:
        return {}
    said = {}
    digest = hashlib.sha256()
    for data in _pieces(stream, head or 0):
        if head is not None and head == 0 and "head_sha256" not in said:
            said["head_sha256"] = digest.hexdigest()
        head = head - len(data) if head is not None else None
        digest.update(data)
    return {"sha256": digest.hexdigest(), **said}


def _pieces(stream: IO[bytes], first: int) -> Iterator[bytes]:
    """The content in pieces, of which one ends behind the `first` bytes."""
    while data := stream.read(min(first, _CHUNK) or _CHUNK):
        first -= min(first, len(data))
        yield data
