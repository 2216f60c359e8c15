"""harness history: trends over runs, flaky tasks, all samples in one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.common import JsonOption, RunsOption, console, echo_json, runs_folder, say
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.history.choice import Choice
    from harness.history.database import Database
    from harness.history.updating import Update

history = typer.Typer(name="history", help="What runs showed over time.")

IndexOption = typer.Option(
    None,
    "--index",
    help="The index's database: $HARNESS_INDEX, else index.sqlite in the runs' folder.",
    show_default=False,
)
SuiteOption = typer.Option(None, "--suite", help="A suite alone.")
TaskOption = typer.Option(None, "--task", help="A task alone, as suite/task.")
ModelOption = typer.Option(None, "--model", help="A model alone.")
AgentOption = typer.Option(None, "--agent", help="An agent alone.")
SinceOption = typer.Option(None, "--since", help="Runs since a date, or since 30d or 12h ago.")


class By(StrEnum):
    """What has a trend of its own."""

    SUITE = "suite"
    TASK = "task"
    MODEL = "model"


@history.callback(invoke_without_command=True)
def trends(
    context: typer.Context,
    by: By = typer.Option(By.SUITE, "--by", help="suite, task or model, each with its agent."),
    suite: str = SuiteOption,
    task: str = TaskOption,
    model: str = ModelOption,
    agent: str = AgentOption,
    since: str = SinceOption,
    last: int = typer.Option(20, "--last", min=1, help="The newest N such runs."),
    json: bool = JsonOption,
    runs: Path = RunsOption,
    index: str = IndexOption,
) -> None:
    """Show pass rate, safety and cost, run by run."""
    if context.invoked_subcommand:
        _refuse_options(context)
        return
    from harness.history.text import render_trends
    from harness.history.trends import read_trends

    choice = _choice(suite, task, model, agent, since, last)
    with _updated(runs, index) as database:
        found = read_trends(database, choice, by.value)
    if json:
        echo_json(found)
    else:
        render_trends(found, console())


@history.command()
def flaky(
    suite: str = SuiteOption,
    task: str = TaskOption,
    model: str = ModelOption,
    agent: str = AgentOption,
    since: str = SinceOption,
    last: int = typer.Option(None, "--last", min=1, help="The newest N such runs; else all."),
    json: bool = JsonOption,
    runs: Path = RunsOption,
    index: str = IndexOption,
) -> None:
    """List tasks that both pass and fail although nothing about them changed."""
    from harness.history.flaky import read_flaky
    from harness.history.text import render_flaky

    choice = _choice(suite, task, model, agent, since, last)
    with _updated(runs, index) as database:
        found = read_flaky(database, choice)
    if json:
        echo_json(found)
    else:
        render_flaky(found, console())


@history.command()
def export(
    file: Path = typer.Argument(..., help="FILE.parquet or FILE.csv."),
    runs: Path = RunsOption,
    index: str = IndexOption,
) -> None:
    """Write all samples, each with its run's facts, to one file."""
    from harness.history.export import export_samples

    with _updated(runs, index) as database:
        say(f"{export_samples(database, file)} samples")
    typer.echo(str(file))


@history.command()
def rebuild(runs: Path = RunsOption, index: str = IndexOption) -> None:
    """Make the index anew from the run folders."""
    from harness.history.updating import update_index

    _tell(update_index(runs_folder(runs), index, rebuild=True), always=True)


@contextmanager
def _updated(runs: Path | None, index: str | None) -> Iterator[Database]:
    """The index, in step with the run folders."""
    from harness.history.database import open_database
    from harness.history.updating import update_database
    from harness.store import list_runs

    folder = runs_folder(runs)
    with open_database(folder, index) as database:
        _tell(update_database(database, list_runs(folder)))
        yield database


def _tell(done: Update, *, always: bool = False) -> None:
    for line in done.damaged:
        say(f"left out: {line}")
    if always or done.indexed or done.removed:
        say(f"index: {done.indexed} runs read, {done.unchanged} unchanged, {done.removed} gone")


def _choice(
    suite: str | None,
    task: str | None,
    model: str | None,
    agent: str | None,
    since: str | None,
    last: int | None,
) -> Choice:
    from datetime import UTC, datetime

    from harness.history.choice import Choice, parse_since

    started = parse_since(since, datetime.now(UTC)) if since else None
    return Choice(suite, task, model, agent, started, last)


def _refuse_options(context: typer.Context) -> None:
    """An option before the word would be lost. Raises UsageError."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            word = context.invoked_subcommand
            raise UsageError(
                f"--{name}", f"stands before {word}", f"write harness history {word} --{name} ..."
            )
