"""A transcript as pages: read once, never held whole, each page of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from harness.errors import StoreError
from harness.report.html.entries import Entry, Part, entries
from harness.report.html.folder import PageFolder
from harness.report.html.links import Links
from harness.report.html.shown import terminal
from harness.store import read_events

PAGE_EVENTS, PAGE_CHARS = 200, 700_000
_MOST_SHOWN, _HEAD, _TAIL = 20_000, 12_000, 6_000
_MOST_PARTS = 25


@dataclass(frozen=True)
class Slice:
    """One page of a transcript; `html` are its entries."""

    number: int
    steps: tuple[int, int] | None
    entries: int
    html: Markup


@dataclass
class TranscriptPages:
    """The pages of one attempt's log, and where its findings' steps stand.

    `name` is that of the sample's pages. After `slices` has run out, `places` holds for each step
    and tool call of `findings` the page and anchor, and `broken` why the log cannot be read further.
    """

    folder: PageFolder
    name: str
    links: Links
    findings: Sequence[Mapping[str, Any]]
    broken: str | None = None
    places: dict[tuple[int | None, str | None], tuple[int, int]] = field(default_factory=dict)

    def slices(self, events: Path) -> Iterator[Slice]:
        """The pages in order; an empty log is one empty page."""
        shown: list[str] = []
        steps: list[int] = []
        chars, number = 0, 1
        for entry in self._entries(events):
            html = self._render(entry)
            if shown and (len(shown) >= PAGE_EVENTS or chars + len(html) > PAGE_CHARS):
                yield _slice(number, shown, steps)
                shown, steps, chars, number = [], [], 0, number + 1
            shown.append(html)
            steps += [entry.step] if entry.step is not None else []
            chars += len(html)
            self._note(entry, number)
        yield _slice(number, shown, steps)

    def place(self, finding: Mapping[str, Any]) -> tuple[int, int] | None:
        """The page and anchor of a finding: its tool call, else its step's first entry."""
        exact = self.places.get((finding["step"], finding["tool_call"]))
        return exact or self.places.get((finding["step"], None))

    def _entries(self, events: Path) -> Iterator[Entry]:
        try:
            yield from entries(read_events(events))
        except StoreError as error:
            self.broken = str(error)

    def _note(self, entry: Entry, page: int) -> None:
        wanted = [each for each in self.findings if each["step"] == entry.step]
        if entry.step is None or not wanted:
            return
        for call in (None, entry.call):
            self.places.setdefault((entry.step, call), (page, entry.seq))

    def _render(self, entry: Entry) -> str:
        marks = [
            each
            for each in self.findings
            if entry.call and (each["step"], each["tool_call"]) == (entry.step, entry.call)
        ]
        parts = [
            self._part(part, f"{self.name}-e{entry.seq}-{number}.txt")
            for number, part in enumerate(_bounded(entry.parts), 1)
        ]
        return self.folder.render("entry", "entry", entry, parts, marks)

    def _part(self, part: Part, rest: str) -> dict[str, Any]:
        """A text as it is shown; one that is long, cut in the middle and stored whole beside."""
        text, left_out = part.text, 0
        if len(text) > _MOST_SHOWN:
            left_out = len(text) - _HEAD - _TAIL
            # The mark lets browsers know the encoding of a file from disk.
            self.folder.write_text(f"pages/{rest}", f"\ufeff{text}")
        head = terminal(text[:_HEAD] if left_out else text)
        return {
            "label": part.label,
            "folded": part.folded,
            "head": head,
            "left_out": left_out,
            "rest": rest if left_out else None,
            "tail": terminal(text[-_TAIL:]) if left_out else "",
            "whole": part.whole,
            "whole_href": self.links.file(part.whole) if part.whole else None,
        }


def _bounded(parts: Sequence[Part]) -> Sequence[Part]:
    """The parts; of very many, the last ones as one."""
    if len(parts) <= _MOST_PARTS:
        return parts
    rest = parts[_MOST_PARTS - 1 :]
    text = "\n\n".join(part.text for part in rest)
    return [*parts[: _MOST_PARTS - 1], Part(f"and {len(rest)} more texts", text)]


def _slice(number: int, shown: Sequence[str], steps: Sequence[int]) -> Slice:
    reach = (min(steps), max(steps)) if steps else None
    # What was rendered by a template is escaped already.
    return Slice(number, reach, len(shown), Markup("").join(map(Markup, shown)))
