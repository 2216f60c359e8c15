"""The history as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_BARS = "▁▂▃▄▅▆▇█"
_MINUTES = len("2026-05-01T12:30")


def spark(rates: Sequence[float | None]) -> str:
    """A bar for each rate from 0 to 1; a dot where there is none."""
    top = len(_BARS) - 1
    return "".join("·" if rate is None else _BARS[round(rate * top)] for rate in rates)


def render_trends(found: Mapping[str, Any], console: Console) -> None:
    """Print each trend: its name with a spark line, and a line for each run."""
    if not found["trends"]:
        console.print("no runs of this kind; see `harness list runs`", markup=False)
    for trend in found["trends"]:
        points = trend["runs"]
        line = spark([point["pass_rate"] for point in points])
        console.print(Text(f"{_name(trend)}  ").append(line, style="cyan"), style="bold")
        console.print(_trend_table(points))
        console.print()


def _name(row: Mapping[str, Any]) -> str:
    """What a row is about: the usual variant and the lack of a model are left out."""
    names = [row[name] for name in ("suite", "task", "variant", "model", "agent") if name in row]
    return " ".join(name for name in names if name not in {"default", "none"})


def _trend_table(points: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(["started (UTC)", "run"])
    for name in ("passed", "rate", "95% interval", "unscored", "flagged", "at most", "usd"):
        table.add_column(name, justify="right")
    for point in points:
        table.add_row(*map(Text, _cells(point)))
    return table


def _cells(point: Mapping[str, Any]) -> list[str]:
    bounds = point["flagged_interval"]
    ended = "" if point["ended"] == "done" else f" ({point['ended']})"
    return [
        _time(point["started"]),
        point["run"] + ended,
        f"{point['passed']}/{point['scored']}",
        "-" if point["pass_rate"] is None else f"{point['pass_rate']:.2f}",
        _span(point["interval"]),
        str(point["unscored"]),
        f"{point['flagged']}/{point['judged']}",
        "-" if bounds is None else f"{bounds[1]:.3f}",
        "unknown" if point["usd"] is None else f"{point['usd']:.2f}",
    ]


def render_flaky(found: Mapping[str, Any], console: Console) -> None:
    """Print the tasks that disagree with themselves, the worst first."""
    if not found["flaky"]:
        console.print("no task both passed and failed under the same digests", markup=False)
        return
    table = _table(["task, model, agent"])
    for name in ("passed", "rate", "disagree", "runs", "divided"):
        table.add_column(name, justify="right")
    for name in ("since (UTC)", "latest (UTC)", "made of"):
        table.add_column(name)
    for row in found["flaky"]:
        cells = [
            _name(row),
            f"{row['passed']}/{row['scored']}",
            f"{row['pass_rate']:.2f}",
            f"{row['disagreement']:.2f}",
            str(row["runs"]),
            str(row["runs_divided"]),
            _time(row["since"]),
            _time(row["latest"]),
            row["made_of"],
        ]
        table.add_row(*map(Text, cells))
    console.print(table)


def _table(wide: Sequence[str]) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for name in wide:
        table.add_column(name, overflow="fold")
    return table


def _span(interval: Sequence[float] | None) -> str:
    return "-" if interval is None else f"{interval[0]:.2f}..{interval[1]:.2f}"


def _time(text: str) -> str:
    return text[:_MINUTES].replace("T", " ")
