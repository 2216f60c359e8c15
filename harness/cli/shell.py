"""harness shell: a person in a task's sandbox, recorded and graded like an agent."""

from __future__ import annotations

from pathlib import Path

import typer

from harness.cli.common import PathsOption, RunsOption
from harness.errors import UsageError


def shell(
    task: str = typer.Argument(..., help="One task, as suite/task."),
    variant: str = typer.Option("default", "--variant"),
    runs: Path = RunsOption,
    path: list[Path] = PathsOption,
) -> None:
    """Work on one task yourself: same sandbox, same limits, recorded and graded like an agent."""
    from harness.cli.common import roots_of
    from harness.cli.run import run_and_finish
    from harness.content.select import select_tasks
    from harness.schema.config import RunConfig

    found = select_tasks([task], roots_of(path))
    if len(found) != 1:
        names = ", ".join(each.id for each in found)
        raise UsageError(f"harness shell {task}", f"names {len(found)} tasks", f"choose: {names}")
    config = RunConfig(selectors=[task], variants=[variant], agents=["human"], jobs=1, name="shell")
    raise typer.Exit(run_and_finish(config, runs, path, as_json=False, quiet=True))
