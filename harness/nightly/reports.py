"""What a night leaves to be read: for people, for CI pages, for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.compare.words import comparison_lines
from harness.nightly.junit import write_junit
from harness.report.html.comparison import write_comparison_html
from harness.report.html.write import write_run_html
from harness.run import Run
from harness.store import write_json


def write_reports(
    folder: Path,
    message: Mapping[str, Any],
    report: Mapping[str, Any] | None,
    comparison: Mapping[str, Any] | None,
    run: Run | None,
    earlier: Sequence[Mapping[str, Any]],
) -> list[str]:
    """verdict.json, summary.md, junit.xml; comparison.json and pages where there is something to show.

    What could not be shown, in words. Raises OSError, StoreError.
    """
    write_json(folder / "verdict.json", message)
    if comparison is not None:
        write_json(folder / "comparison.json", comparison)
    text = "\n".join(summary_lines(message, report, comparison)) + "\n"
    (folder / "summary.md").write_text(text, "utf-8")
    silent = message["exit"] == 3  # noqa: PLR2004 - no verdict over the model
    write_junit(folder / "junit.xml", report, comparison, message["reasons"] if silent else [])
    return _write_pages(folder, report, comparison, run, earlier)


def _write_pages(
    folder: Path,
    report: Mapping[str, Any] | None,
    comparison: Mapping[str, Any] | None,
    run: Run | None,
    earlier: Sequence[Mapping[str, Any]],
) -> list[str]:
    """The run's pages in its own folder, the comparison's in the night's. A fault costs no verdict."""
    try:
        if run is not None and report is not None:
            write_run_html(run, report, run.store.root / "report-html", earlier)
        if comparison is not None:
            write_comparison_html(comparison, folder)
    except Exception as error:  # noqa: BLE001 - pages are beside the verdict, also where they break
        return [f"the pages could not be written: {error}"]
    return []


def summary_lines(
    message: Mapping[str, Any],
    report: Mapping[str, Any] | None,
    comparison: Mapping[str, Any] | None,
) -> Iterator[str]:
    """The night in Markdown; the verdict comes first."""
    yield f"# {message['nightly']}, night {message['night']}: {message['verdict']}"
    yield ""
    yield f"{message['meaning'].capitalize()} (exit code {message['exit']})."
    if message["reasons"] or message["notes"]:
        yield ""
    yield from (f"- {reason}" for reason in message["reasons"])
    yield from (f"- note: {note}" for note in message["notes"])
    yield from (
        f"- preflight {check['name']}: {check['said']}"
        for check in message["checks"]
        if not check["holds"]
    )
    if report:
        yield from (f"- NOTICE: {notice}" for notice in report["run"]["notices"])
        totals = report["totals"]
        dollars = "unknown" if totals["usd"] is None else f"${totals['usd']:.2f}"
        yield ""
        yield (
            f"run {message['run']}: {totals['passed']} of {totals['scored']} scored samples passed, "
            f"{totals['planned'] - totals['scored']} without a score; {dollars}"
        )
    if comparison:
        yield ""
        yield from (
            f"#{line}" if line.startswith("#") else line for line in comparison_lines(comparison)
        )
