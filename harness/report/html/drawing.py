"""Plots as lines, marks and words at places: what a template turns into SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

_SHAPES = ("circle", "square", "diamond", "triangle")
_SERIES = 8
# Round times: half a minute to ten weeks of work.
_MINUTES = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1440, 4320, 14_400, 43_200, 100_800)


@dataclass(frozen=True)
class Line:
    """From one point to another; `kind` is a class of the style sheet."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str
    title: str = ""


@dataclass(frozen=True)
class Word:
    """A text at a place; `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    kind: str = ""


@dataclass(frozen=True)
class Mark:
    """A value: a shape in the colour of its series, its numbers as a tooltip, maybe a link."""

    x: float
    y: float
    series: int
    title: str
    href: str | None = None

    @property
    def shape(self) -> str:
        """Colours alone tell nothing to some."""
        return _SHAPES[self.series % len(_SHAPES)]


@dataclass
class Drawing:
    """One plot. Sizes are in CSS pixels; `label` says to those who cannot see what it shows."""

    width: float
    height: float
    label: str
    series: Sequence[str] = ()
    lines: list[Line] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Scale:
    """From values between `low` and `high` to pixels; a logarithmic one is one of minutes."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value; what lies outside stands at the edge."""
        low, high, at = (self._own(each) for each in (self.low, self.high, value))
        share = (at - low) / (high - low) if high > low else 0.5
        return round(self.start + min(max(share, 0.0), 1.0) * (self.end - self.start), 1)

    def _own(self, value: float) -> float:
        return math.log(max(value, 1e-9)) if self.log else value

    def ticks(self, about: int = 5) -> list[float]:
        """Round values between the ends."""
        if self.log:
            return _log_ticks(self.low, self.high, about)
        step = _round_step((self.high - self.low) / about)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(step * number, 10) for number in range(first, last + 1)]


def _round_step(step: float) -> float:
    if step <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(step))
    return next(size * each for each in (1, 2, 5, 10) if size * each >= step * (1 - 1e-9))


def _log_ticks(low: float, high: float, about: int) -> list[float]:
    inside = [tick for tick in _MINUTES if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    return inside[:: max(1, math.ceil(len(inside) / (about + 2)))]


def series_of(names: Sequence[str]) -> dict[str, int]:
    """The number of each series' colour; beyond eight they begin again."""
    return {name: number % _SERIES for number, name in enumerate(names)}
