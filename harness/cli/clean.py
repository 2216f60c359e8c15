"""harness clean: remove what dead processes left on the engine."""

from __future__ import annotations

import typer

from harness.cli.common import JsonOption, echo_json


def clean(
    dry_run: bool = typer.Option(False, "--dry-run", help="Only show what would be removed."),
    json: bool = JsonOption,
) -> None:
    """Remove containers, networks and snapshots of harness processes that have died.

    What belongs to a process that still lives is never touched.
    """
    from harness.sandbox.engine import connect
    from harness.sandbox.lease import RUN, SAMPLE, leased
    from harness.sandbox.lease import clean as remove

    engine = connect()
    gone = remove(engine, dry_run=dry_run)
    alive = [thing for thing in leased(engine) if thing.alive]
    if json:
        rows = [
            {
                "kind": thing.kind,
                "id": thing.id,
                "name": thing.name,
                "run": thing.labels.get(RUN),
                "sample": thing.labels.get(SAMPLE),
            }
            for thing in gone
        ]
        echo_json({"dry_run": dry_run, "removed": rows, "alive": len(alive)})
        return
    for thing in gone:
        typer.echo(f"{thing.kind} {thing.name} ({thing.labels.get(RUN)})")
    verb = "would be removed" if dry_run else "removed"
    typer.echo(f"{len(gone)} {verb}, {len(alive)} in use by live processes")
