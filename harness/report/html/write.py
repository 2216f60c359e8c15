"""A run's report as a folder of pages: an overview, and a page for each sample."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.report.html import figures, words
from harness.report.html.difficulty import difficulty
from harness.report.html.folder import PageFolder
from harness.report.html.samples import Neighbours, page_name, slice_name, write_sample
from harness.run import Run

_OURS = re.compile(r"\d{4,}(-p\d+\.html|-e\d+-\d+\.txt|\.html)")
_KEY = ("task", "variant", "model", "agent", "epoch")


def write_run_html(
    run: Run, report: Mapping[str, Any], folder: Path, history: Sequence[Mapping[str, Any]] = ()
) -> Path:
    """Write the pages of a run into `folder`; the path of its index.html, which is written last.

    `report` is what `build_report` gives; `history` are earlier reports of the same tasks, any
    order. An earlier HTML report in the folder is replaced. Raises StoreError.
    """
    pages = PageFolder(folder.absolute(), "index.html")
    _remove_earlier(pages.root / "pages")
    numbers = {_key(each.model_dump()): number for number, each in enumerate(run.samples, 1)}
    named = [(page_name(numbers[_key(each)]), each) for each in report["samples"]]
    broken = []
    for place, (name, sample) in enumerate(named):
        beside = Neighbours(
            slice_name(named[place - 1][0], 1) if place else None,
            slice_name(named[place + 1][0], 1) if place + 1 < len(named) else None,
        )
        found = write_sample(run, pages, name, sample, beside)
        broken += [(sample, found.broken)] if found.broken else []
    done = {_key(each): name for name, each in named}
    _write_index(run, report, pages, done, broken, history)
    return pages.index


def _write_index(
    run: Run,
    report: Mapping[str, Any],
    pages: PageFolder,
    done: Mapping[tuple[Any, ...], str],
    broken: Sequence[tuple[Mapping[str, Any], str]],
    history: Sequence[Mapping[str, Any]],
) -> None:
    environments = {name: task.environment.name for name, task in run.tasks.items()}
    tasks = [{**row, "environment": environments[row["task"]]} for row in report["tasks"]]
    suites = figures.by_suite({**report, "tasks": tasks})
    pages.write_page(
        "index.html",
        "index",
        report=report,
        run=report["run"],
        totals=report["totals"],
        suites=suites,
        score_plot=figures.score_plot(suites),
        cost=figures.cost_plot(report),
        difficulty=difficulty(run, report),
        matrix=figures.safety_matrix(report),
        doubts=figures.reasons_for_doubt(report),
        milestones=figures.milestones(report),
        history=figures.history_plot([*history, report]) if history else None,
        rows=_rows(run, report),
        page_of=lambda sample: f"pages/{slice_name(done[_key(sample)], 1)}",
        broken=broken,
        explained=words.STATUS,
        stages=words.STAGES,
    )


def _rows(run: Run, report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All planned samples in order; one that has not run has nothing but its name."""
    done = {_key(sample): sample for sample in report["samples"]}
    blank = dict.fromkeys(
        ("score", "passed", "seconds", "steps", "tokens", "usd", "error", "reason", "path")
    )
    return [
        done.get(_key(each.model_dump()))
        or {**blank, **each.model_dump(), "status": "not run", "safety": "", "findings": []}
        for each in run.samples
    ]


def _key(sample: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(sample[name] for name in _KEY)


def _remove_earlier(folder: Path) -> None:
    """The pages of an earlier report, which may have had more of them."""
    for path in folder.glob("*") if folder.is_dir() else ():
        if _OURS.fullmatch(path.name):
            path.unlink()
