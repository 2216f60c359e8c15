"""A comparison of two runs as a page: the gate's verdict, then what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.report.html import words
from harness.report.html.drawing import Drawing
from harness.report.html.folder import PageFolder
from harness.report.html.plots import Row, interval_plot

_MEASURES = {
    "usd": ("dollars", words.money),
    "tokens": ("tokens", words.number),
    "steps": ("steps", words.number),
    "seconds": ("time", words.duration),
}


def write_comparison_html(comparison: Mapping[str, Any], folder: Path) -> Path:
    """Write what `compare_runs` gives as comparison.html into `folder`; its path.

    A run's report may stand in the same folder. Raises StoreError.
    """
    pages = PageFolder(folder.absolute(), "comparison.html")
    return pages.write_page(
        "comparison.html",
        "comparison",
        base=comparison["base"],
        candidate=comparison["candidate"],
        policy=comparison["policy"],
        gate=comparison["gate"],
        unpaired=comparison["unpaired_arms"],
        arms=[{**arm, "plot": _plot(arm)} for arm in comparison["arms"]],
        measures=_MEASURES,
    )


def _plot(arm: Mapping[str, Any]) -> Drawing | None:
    """The suites' differences, candidate less baseline, with intervals."""
    rows = [
        Row(
            suite,
            part["verdict"],
            part["difference"],
            part["interval"],
            f"{words.signed_span(part['interval']) if part['interval'] else 'no interval'}; "
            f"{part['reason']}",
        )
        for suite, part in arm["suites"].items()
    ]
    if not rows:
        return None
    ends = [abs(end) for row in rows for end in (*(row.interval or ()), row.value or 0.0)]
    reach = min(1.0, max(0.1, *ends) * 1.1)
    label = "Differences by suite, candidate less baseline, with intervals"
    plot = interval_plot(rows, label, domain=(-reach, reach), told=words.signed, zero=True)
    plot.series = ()
    return plot
