"""The plots of reports: intervals, scatters, trends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.report.html.drawing import Drawing, Line, Mark, Scale, Word, series_of
from harness.report.html.words import percent, span

_WIDTH, _ROW, _GROUP = 880.0, 24.0, 30.0
_LABELS, _NUMBERS, _FOOT, _HEAD = 260.0, 150.0, 34.0, 8.0
_HEIGHT, _LEFT, _RIGHT, _TOP = 320.0, 52.0, 24.0, 34.0
_MOST_LABEL = 40
Interval = tuple[float, float]
Told = Callable[[float], str]


@dataclass(frozen=True)
class Row:
    """One estimate below its group; without a value, `note` says why."""

    group: str
    series: str
    value: float | None
    interval: Interval | None
    note: str


def interval_plot(
    rows: Sequence[Row],
    label: str,
    *,
    domain: Interval = (0.0, 1.0),
    told: Told = percent,
    zero: bool = False,
) -> Drawing:
    """Estimates with their intervals, one a row; `zero` draws the line of no difference."""
    names = list(dict.fromkeys(row.series for row in rows))
    numbers = series_of(names)
    groups = list(dict.fromkeys(row.group for row in rows))
    height = _HEAD + len(groups) * _GROUP + len(rows) * _ROW + _FOOT
    plot = Drawing(_WIDTH, height, label, names if len(names) > 1 else ())
    x = Scale(*domain, _LABELS, _WIDTH - _NUMBERS)
    _x_axis(plot, x, height - _FOOT, told)
    if zero:
        plot.lines.append(Line(x(0), _HEAD, x(0), height - _FOOT, "zero"))
    y = _HEAD
    for group in groups:
        plot.words.append(Word(0, y + 19, _short(group, 60), kind="strong"))
        y += _GROUP
        for row in (each for each in rows if each.group == group):
            _estimate(plot, row, x, y + _ROW / 2, numbers[row.series], told)
            y += _ROW
    return plot


def _estimate(plot: Drawing, row: Row, x: Scale, y: float, series: int, told: Told) -> None:
    plot.words.append(Word(12, y + 4, _short(row.series, _MOST_LABEL)))
    title = f"{row.group}, {row.series}: {row.note}"
    if row.value is None:
        plot.words.append(Word(_LABELS + 6, y + 4, "no score", kind="muted"))
    else:
        if row.interval:
            low, high = row.interval
            plot.lines.append(Line(x(low), y, x(high), y, f"reach s{series}", title))
        plot.marks.append(Mark(x(row.value), y, series, title))
    said = "" if row.value is None else f"{told(row.value)}  "
    plot.words.append(Word(_WIDTH - _NUMBERS + 14, y + 4, f"{said}{row.note.partition(';')[0]}"))


@dataclass(frozen=True)
class Point:
    """One mark of a scatter: its series, place and tooltip."""

    series: str
    x: float
    y: float
    title: str


def scatter_plot(
    points: Sequence[Point],
    label: str,
    x_label: str,
    y_label: str,
    *,
    log: bool = False,
    told: Told = str,
    reaches: Mapping[str, tuple[float, Interval]] | None = None,
) -> Drawing:
    """Pass rates against something, `log` for a person's minutes.

    `reaches` are values on the x axis with intervals, one a series.
    """
    names = list(dict.fromkeys(point.series for point in points))
    numbers = series_of(names)
    foot = _FOOT + 10 + 16 * len(reaches or {})
    plot = Drawing(_WIDTH, _HEIGHT + foot, label, names if len(names) > 1 else ())
    x = Scale(*_ends([point.x for point in points], log=log), _LEFT, _WIDTH - _RIGHT, log)
    y = Scale(0.0, 1.0, _HEIGHT - 6, _TOP)
    _y_axis(plot, y, y_label)
    _x_axis(plot, x, _HEIGHT, told, x_label, _TOP)
    for point in points:
        number = numbers[point.series]
        # Marks of several series at one place stand beside each other.
        nudge = 5 * (number - (len(names) - 1) / 2) if len(names) > 1 else 0
        plot.marks.append(Mark(x(point.x) + nudge, y(point.y), number, point.title))
    for row, (name, (value, (low, high))) in enumerate((reaches or {}).items()):
        below = _HEIGHT + _FOOT + 14 + 16 * row
        title = f"{name}: {told(value)} ({told(low)} … {told(high)})"
        plot.lines.append(Line(x(low), below, x(high), below, f"reach s{numbers[name]}", title))
        plot.lines.append(Line(x(value), _TOP, x(value), _HEIGHT, f"drop s{numbers[name]}", title))
        plot.marks.append(Mark(x(value), below, numbers[name], title))
    return plot


def _ends(values: Sequence[float], *, log: bool) -> Interval:
    low, high = min(values), max(values)
    if log:
        return low / 1.6, high * 1.6
    return (0.0, high * 1.08) if high > 0 else (0.0, 1.0)


@dataclass(frozen=True)
class Moment:
    """One point of a trend: the number of its run from 0, and its estimate."""

    series: str
    run: int
    value: float
    interval: Interval | None
    title: str


def trend_plot(moments: Sequence[Moment], runs: Sequence[str], label: str) -> Drawing:
    """Pass rates over runs, oldest first; `runs` are their names at the axis."""
    names = list(dict.fromkeys(moment.series for moment in moments))
    numbers = series_of(names)
    plot = Drawing(_WIDTH, _HEIGHT + _FOOT, label, names if len(names) > 1 else ())
    x = Scale(-0.4, len(runs) - 0.6, _LEFT, _WIDTH - _RIGHT)
    y = Scale(0.0, 1.0, _HEIGHT - 6, _TOP)
    _y_axis(plot, y, "passed")
    every = max(1, -(-len(runs) // 8))
    plot.words += [
        Word(x(number), _HEIGHT + 16, name, "middle", "tick")
        for number, name in enumerate(runs)
        if (len(runs) - 1 - number) % every == 0
    ]
    last: dict[str, tuple[float, float]] = {}
    for moment in moments:
        number = numbers[moment.series]
        place = (x(moment.run) + 4 * (number - (len(names) - 1) / 2), y(moment.value))
        if moment.interval:
            low, high = moment.interval
            ends = (place[0], y(low), place[0], y(high))
            plot.lines.append(Line(*ends, f"reach thin s{number}", moment.title))
        if moment.series in last:
            plot.lines.append(Line(*last[moment.series], *place, f"path s{number}"))
        last[moment.series] = place
        plot.marks.append(Mark(*place, number, moment.title))
    return plot


def _x_axis(
    plot: Drawing, x: Scale, base: float, told: Told, label: str = "", top: float = _HEAD
) -> None:
    for tick in x.ticks():
        plot.lines.append(Line(x(tick), top, x(tick), base, "grid"))
        plot.words.append(Word(x(tick), base + 16, told(tick), "middle", "tick"))
    plot.lines.append(Line(x.start, base, x.end, base, "axis"))
    if label:
        plot.words.append(Word((x.start + x.end) / 2, base + 34, label, "middle", "muted"))


def _y_axis(plot: Drawing, y: Scale, label: str) -> None:
    for tick in y.ticks():
        plot.lines.append(Line(_LEFT, y(tick), plot.width - _RIGHT, y(tick), "grid"))
        plot.words.append(Word(_LEFT - 8, y(tick) + 4, percent(tick), "end", "tick"))
    plot.words.append(Word(0, 14, label, kind="muted"))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def counted(passed: int, scored: int, interval: Interval | None) -> str:
    """What a row of pass rates says beside itself: "7/10; 95% interval 0.40 … 0.89"."""
    return f"{passed}/{scored}; 95% interval {span(interval)}" if scored else "0 scored"
