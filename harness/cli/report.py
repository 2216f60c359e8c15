"""harness report: what came out of a run."""

from __future__ import annotations

from pathlib import Path

import typer

from harness.cli.common import JsonOption, RunArgument, RunsOption, console, echo_json, find_run


def report(run: str = RunArgument, runs: Path = RunsOption, json: bool = JsonOption) -> None:
    """Show what came out of a run."""
    from harness.report.build import build_report
    from harness.report.text import render_report
    from harness.run import load_run

    found = build_report(load_run(find_run(run, runs)))
    if json:
        echo_json(found)
    else:
        render_report(found, console())
        typer.echo(found["run"]["path"])
