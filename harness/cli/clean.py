"""harness clean: remove what dead processes left on the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from harness.cli import DONE, INFRASTRUCTURE
from harness.cli.common import JsonOption, echo_json, say

if TYPE_CHECKING:
    from harness.sandbox.lease import Leftover


def clean(
    dry_run: bool = typer.Option(False, "--dry-run", help="Only show what would be removed."),
    json: bool = JsonOption,
) -> None:
    """Remove containers, networks, volumes and images of harness processes that have died.

    What belongs to a process that still lives is never touched. Exits with 3 when something could
    not be removed.
    """
    from harness.sandbox.engine import connect
    from harness.sandbox.lease import clean as remove
    from harness.sandbox.lease import leased

    engine = connect()
    done = remove(engine, dry_run=dry_run)
    alive = [thing for thing in leased(engine) if thing.alive]
    if json:
        echo_json(
            {
                "dry_run": dry_run,
                "removed": [_row(thing) for thing in done.removed],
                "failed": [{**_row(thing), "problem": problem} for thing, problem in done.failed],
                "alive": len(alive),
            }
        )
    else:
        for thing in done.removed:
            typer.echo(f"{thing.kind} {thing.name} ({_row(thing)['run']})")
        verb = "would be removed" if dry_run else "removed"
        typer.echo(f"{len(done.removed)} {verb}, {len(alive)} in use by live processes")
    for thing, problem in done.failed:
        say(f"harness: {thing.kind} {thing.name}: not removed, {problem}; see who uses it")
    raise typer.Exit(INFRASTRUCTURE if done.failed else DONE)


def _row(thing: Leftover) -> dict[str, str | None]:
    from harness.sandbox.lease import RUN, SAMPLE

    labels = thing.labels
    named = {"kind": thing.kind, "id": thing.id, "name": thing.name}
    return {**named, "run": labels.get(RUN), "sample": labels.get(SAMPLE)}
