"""harness report: what came out of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from harness.cli.common import (
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    echo_json,
    find_run,
    say,
)
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.run import Run


def report(
    run: str = RunArgument,
    runs: Path = RunsOption,
    json: bool = JsonOption,
    format_: Literal["text", "json", "html"] = typer.Option(
        "text", "--format", help="json is --json; html writes a folder of pages."
    ),
    output: Path = typer.Option(
        None,
        "--output",
        help="Where the pages go: <run>/report-html when not given.",
        show_default=False,
    ),
    regraded: bool = typer.Option(
        False, "--regraded", help="With the newest grades of `harness grade` for the first ones."
    ),
    secrets: bool = typer.Option(
        False,
        "--secrets",
        help="Instead: every attempt's secrets, made again from seed.key. Reveals what is held back.",
    ),
) -> None:
    """Show what came out of a run."""
    from harness.report.build import build_report
    from harness.report.text import render_report
    from harness.run import load_run

    form = _form(format_, json=json, output=output, secrets=secrets)
    loaded = load_run(find_run(run, runs))
    if secrets:
        _reveal(loaded, form == "json")
        return
    found = build_report(loaded, regraded=regraded)
    if form == "json":
        echo_json(found)
    elif form == "html":
        from harness.report.html.write import write_run_html

        typer.echo(write_run_html(loaded, found, output or loaded.store.root / "report-html"))
    else:
        render_report(found, console())
        typer.echo(found["run"]["path"])


def _form(form: str, *, json: bool, output: Path | None, secrets: bool) -> str:
    """The form that was asked for. Raises UsageError for options that exclude each other."""
    if json and form == "html":
        raise UsageError("--json", "it is not --format html", "drop one of them")
    if output and form != "html":
        raise UsageError("--output", "only pages go to a folder", "add --format html")
    if secrets and form == "html":
        raise UsageError("--secrets", "secrets are not written to pages", "drop --format html")
    return "json" if json else form


def _reveal(run: Run, as_json: bool) -> None:
    """Print the secrets of every attempt. Raises StoreError without the run's seed."""
    rows: list[dict[str, Any]] = [
        {
            "sample": str(key),
            "attempt": attempt.number,
            "secrets": run.secrets(key, attempt.number),
        }
        for key in run.samples
        for attempt in run.store.attempts(key)
    ]
    say("these are held-back values of this run: whoever has read them can forge its answers")
    if as_json:
        echo_json(rows)
    for row in () if as_json else rows:
        for name, value in row["secrets"].items():
            typer.echo(f"{row['sample']} attempt {row['attempt']} {name} {value}")
