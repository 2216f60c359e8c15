"""harness compare: two runs side by side, and a gate."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.common import JsonOption, RunsOption, echo_json, find_run

if TYPE_CHECKING:
    from harness.schema.policy import Policy


class Format(StrEnum):
    """How a comparison is shown."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


def compare(
    base: str = typer.Argument(..., help="The baseline: a run's folder, its id, or 'last'."),
    candidate: str = typer.Argument(..., help="The run that is compared with it."),
    gate: Path = typer.Option(
        None, "--gate", help="A policy (TOML): exit with 1 when it says no, with 3 when it cannot."
    ),
    form: Format = typer.Option(Format.TEXT, "--format", help="text, json, markdown or html."),
    output: Path = typer.Option(
        None, "--output", help="Folder of the html page (default: below the candidate)."
    ),
    json: bool = JsonOption,
    runs: Path = RunsOption,
) -> None:
    """Compare two runs, task by task.

    Without --gate the usual policy is applied and the exit code is 0.
    """
    from harness.compare.comparison import compare_runs
    from harness.compare.side import read_side
    from harness.compare.words import comparison_lines
    from harness.run import load_run

    policy = _policy(gate)
    sides = [read_side(load_run(find_run(name, runs))) for name in (base, candidate)]
    found = compare_runs(sides[0], sides[1], policy)
    if json or form is Format.JSON:
        echo_json(found)
    elif form is Format.HTML:
        from harness.report.html.comparison import write_comparison_html

        folder = output or Path(found["candidate"]["path"]) / "comparison-html"
        typer.echo(str(write_comparison_html(found, folder)))
    else:
        typer.echo("\n".join(comparison_lines(found)))
    if gate is not None and found["gate"]["exit"]:
        raise typer.Exit(found["gate"]["exit"])


def _policy(path: Path | None) -> Policy:
    """The policy of a file, or the usual one. Raises ContentErrors."""
    from harness.content.toml import load_model
    from harness.schema.policy import Policy

    return load_model(path, Policy) if path else Policy()
