"""Addresses of what lies in a run's folder, as pages of a report may name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.report.html.folder import link_between

# What a browser shows as text or stores; never what it would run.
_HARMLESS = {"", ".txt", ".log", ".json", ".jsonl", ".tar", ".pcap", ".out", ".bin"}
_POINTER = re.compile(r"(?P<file>[\w./-]+?)(?P<line>:\d+)?(?: .*)?")


@dataclass(frozen=True)
class File:
    """A file of an attempt: its path there, its bytes, and its address when pages may link it."""

    name: str
    bytes: int
    href: str | None


@dataclass(frozen=True)
class Links:
    """Addresses of one attempt's files, for pages in the folder `pages`.

    A report inside its run's folder links them; one elsewhere names them, since its links would
    break as soon as either is moved.
    """

    run: Path
    attempt: Path
    pages: Path

    def file(self, name: str) -> str | None:
        """The address of the attempt's file, when there is such a file and a link would last."""
        target = self.attempt / name
        if not self.pages.is_relative_to(self.run) or not _safe(name, target):
            return None
        return link_between(self.pages, target)

    def evidence(self, pointer: str) -> str | None:
        """The address of what a finding points at ("sensors/network.jsonl:12 and 3 more").

        Pointers start at the evidence, but for those into the transcript.
        """
        found = _POINTER.fullmatch(pointer)
        return found and (self.file(f"evidence/{found['file']}") or self.file(found["file"]))

    def files(self) -> list[File]:
        """All files of the attempt, by name."""
        return [
            File(name, path.stat().st_size, self.file(name))
            for path in sorted(self.attempt.rglob("*"))
            if path.is_file() and not path.is_symlink()
            for name in [path.relative_to(self.attempt).as_posix()]
        ]


def _safe(name: str, target: Path) -> bool:
    inside = not Path(name).is_absolute() and ".." not in Path(name).parts
    return (
        inside and Path(name).suffix in _HARMLESS and target.is_file() and not target.is_symlink()
    )
