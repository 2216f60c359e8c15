"""Text that others wrote, made safe to look at: colours as classes, nothing hidden, nothing run."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from rich.style import Style

_STRINGS = re.compile(
    # What terminals do not print: OSC (titles, links, clipboards) and DCS, SOS, PM, APC.
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x9d[^\x07\x9c]*[\x07\x9c]"
)
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]")
# Controls but tab and newline; what turns the direction of writing; what has no width; surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\ufffe\uffff]"
)
# Few fonts have the pictures that Unicode offers for these.
_NAMES = {0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0D: "CR", 0x1B: "ESC", 0x7F: "DEL"}
_RESETS = {"\x1b[m", "\x1b[0m"}
_MOST_STYLE = 200
_FLAGS = ("bold", "dim", "italic", "underline", "strike")


def plain(text: str) -> str:
    """`text` with characters that cannot be seen, or that turn the writing, made visible."""
    return _HIDDEN.sub(_named, text)


def _named(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"⟨{_NAMES.get(code) or f'U+{code:04X}'}⟩"


def terminal(text: str) -> Markup:
    """What a terminal printed, with its colours as classes of the style sheet.

    Colours that would hide what is written are dropped, and so is every other sequence; a carriage
    return begins a new line, so that nothing is overwritten.
    """
    text = text.replace("\r\n", "\n").replace("\r", "⟨CR⟩\n")
    if "\x1b" not in text and "\x9d" not in text:
        return escape(plain(text))
    text = _STRINGS.sub("", text)
    parts: list[str] = []
    end, style = 0, ""
    for found in _SEQUENCES.finditer(text):
        parts += _span(text[end : found.start()], style)
        end = found.end()
        if _COLOURS.fullmatch(found[0]):
            style = "" if found[0] in _RESETS else _latest(style + found[0])
    parts += _span(text[end:], style)
    # Every part is escaped, or a tag with classes from a fixed list.
    return Markup("".join(parts))  # noqa: S704


def _latest(sequences: str) -> str:
    """The last sequences of many: a hostile output never resets its colours."""
    if len(sequences) <= _MOST_STYLE:
        return sequences
    kept = sequences[-_MOST_STYLE:]
    return kept[kept.find("\x1b") :]


def _span(text: str, style: str) -> list[str]:
    if not text:
        return []
    said = html.escape(plain(text))
    classes = _classes(style) if style else ""
    return [f'<span class="{classes}">{said}</span>' if classes else said]


@lru_cache(maxsize=4096)
def _classes(sequences: str) -> str:
    """The classes that sequences of colours come to, as rich reads them."""
    from rich.text import Text

    spans = Text.from_ansi(f"{sequences}x").spans
    if not spans or isinstance(spans[-1].style, str):
        return ""
    return " ".join(_names(spans[-1].style))


def _names(style: Style) -> list[str]:
    from rich.color import ColorSystem

    found = [f"t-{name}" for name in _FLAGS if getattr(style, name)]
    numbers = [
        None
        if colour is None or colour.is_default
        else colour.downgrade(ColorSystem.STANDARD).number
        for colour in (style.color, style.bgcolor)
    ]
    fore, back = reversed(numbers) if style.reverse else numbers
    if fore != back:
        found += [f"t-f{fore}"] if fore is not None else []
        found += [f"t-b{back}"] if back is not None else []
    return found
