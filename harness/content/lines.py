"""Where in a TOML file a field stands, by its text: `tomllib` keeps no positions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

Location = Sequence[int | str]
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r'"([^"]*)"|([^".\s]+)')


def line_of(text: str, location: Location) -> int | None:
    """The line (from 1) of the field at `location`, or of the nearest table around it."""
    lines = text.splitlines()
    begin, end, depth = _nearest_table(lines, location)
    found = begin
    for name in location[depth:]:
        if isinstance(name, int):
            continue
        key = re.compile(rf"(^|[\s,{{;.])\"?{re.escape(name)}\"?\s*[=.]")
        at = next((row for row in range(found or 0, end) if key.search(lines[row])), None)
        if at is None:
            break
        found = at
    return None if found is None else found + 1


def _nearest_table(lines: Sequence[str], location: Location) -> tuple[int | None, int, int]:
    """The rows of the deepest table around the field, and how much of `location` names it."""
    headers = list(_headers(lines))
    rows = [*(row for row, _ in headers), len(lines)]
    best: tuple[int | None, int, int] = (None, rows[0], 0)
    whole = tuple(location)
    for (row, path), end in zip(headers, rows[1:], strict=True):
        if whole and path[: len(whole)] == whole:
            return row, end, len(whole)
        if len(path) > best[2] and whole[: len(path)] == path:
            best = (row, end, len(path))
    return best


def _headers(lines: Sequence[str]) -> Iterator[tuple[int, tuple[int | str, ...]]]:
    """Each table header's row with its path; elements of arrays of tables are numbered from 0."""
    seen: Counter[tuple[str, ...]] = Counter()
    for row, line in enumerate(lines):
        match = _HEADER.match(line)
        if match is None:
            continue
        names = tuple(quoted or bare for quoted, bare in _KEY.findall(match[2]))
        if match[1] == "[[":
            seen[names] += 1
        path: list[int | str] = []
        for count, name in enumerate(names, 1):
            path.append(name)
            if number := seen[names[:count]]:
                path.append(number - 1)
        yield row, tuple(path)
