"""Regular expressions of a task, searched in what an agent wrote."""

from __future__ import annotations

from collections.abc import Iterable

import regex

_SEARCH_SECONDS = 10.0


def stands_in(patterns: Iterable[str], text: str) -> bool:
    """Whether one of them is found. Raises TimeoutError when that takes too long."""
    return any(
        regex.search(each, text, timeout=_SEARCH_SECONDS, concurrent=True) for each in patterns
    )
