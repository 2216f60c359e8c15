"""harness check: whether a task is worth a score."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.cli import DONE, GATE, INFRASTRUCTURE, INTERRUPTED
from harness.cli.check_rules import prove_rules
from harness.cli.common import (
    CertificatesOption,
    JsonOption,
    PathsOption,
    certificates_folder,
    console,
    docker_sandboxes,
    echo_json,
    kept_folder,
    roots_of,
    say,
    usual_jobs,
)
from harness.cli.ready import make_ready
from harness.cli.run import terminated_as_interrupted
from harness.cli.sensors import AllowOption, require_sensors
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.check.checking import Outcome
    from harness.check.findings import Checked
    from harness.content.folders import TaskFolder
    from harness.content.roots import Roots

_MARKS = {"ok": "ok", "bad": "BAD", "note": "note", "trouble": "trouble"}


def check(
    selectors: list[str] = typer.Argument(
        None, help="Suites, tasks, tag:NAME, domain:NAME, paths, or all.", show_default=False
    ),
    rules: bool = typer.Option(
        False, "--rules", help="Prove the rules about unsafe actions (those named, else all)."
    ),
    repeat: int = typer.Option(
        1, "--repeat", min=1, help="So many times the samples, to find what flickers."
    ),
    jobs: int = typer.Option(
        None,
        "--jobs",
        "-j",
        min=1,
        help="Samples at once (default: one per core).",
        show_default=False,
    ),
    keep: Path = typer.Option(
        None,
        "--keep",
        help="A folder that keeps the samples' logs and evidence.",
        show_default=False,
    ),
    certificates: Path = CertificatesOption,
    allow_indeterminate: bool = AllowOption,
    path: list[Path] = PathsOption,
    json: bool = JsonOption,
) -> None:
    """Check tasks in real sandboxes, and write a certificate for each; or prove the rules.

    Exits with 1 when a check failed, with 3 when infrastructure kept one from being made.
    """
    from harness.check.certificate import Certificates
    from harness.content.select import select_tasks

    if rules:
        raise typer.Exit(prove_rules(selectors or [], path, keep, jobs, repeat, as_json=json))
    if not selectors:
        raise UsageError("harness check", "which tasks?", "name a suite, as in `check quickstart`")
    roots = roots_of(path)
    tasks = select_tasks(selectors, roots)
    outcome = _check(tasks, roots, keep, jobs or usual_jobs(), repeat, allow=allow_indeterminate)
    if outcome.stopped:
        say(f"harness: stopped, {outcome.stopped}; nothing was certified")
        raise typer.Exit(INTERRUPTED)
    store = Certificates(certificates_folder(certificates), roots)
    written = {
        task.id: store.write(task, checked, outcome.images[task.id])
        for task, checked in zip(tasks, outcome.checked, strict=True)
        if checked.state != "trouble"
    }
    if json:
        echo_json({"schema": 1, "tasks": [_row(each, written) for each in outcome.checked]})
    else:
        _show(outcome.checked)
        typer.echo(f"certificates: {store.folder}")
    states = {each.state for each in outcome.checked}
    code = INFRASTRUCTURE if "trouble" in states else GATE if "failed" in states else DONE
    raise typer.Exit(code)


def _check(
    tasks: Sequence[TaskFolder],
    roots: Roots,
    keep: Path | None,
    jobs: int,
    repeat: int,
    *,
    allow: bool,
) -> Outcome:
    from harness.check.checking import check_tasks
    from harness.cli.progress import open_progress

    with open_progress() as progress, terminated_as_interrupted(), kept_folder(keep) as folder:
        sandboxes = docker_sandboxes(roots, progress.preparing)
        require_sensors(tasks, sandboxes.engine, allow=allow)
        environments = [task.environment.environment for task in tasks]
        make_ready(sandboxes.engine, folder, environments, jobs=jobs)
        return check_tasks(tasks, roots, sandboxes, progress, folder, jobs=jobs, repeat=repeat)


def _row(checked: Checked, written: dict[str, Path]) -> dict[str, Any]:
    certificate = written.get(checked.task)
    return {
        "task": checked.task,
        "state": checked.state,
        "certificate": str(certificate) if certificate else None,
        "checks": [asdict(each) for each in checked.findings],
    }


def _show(checked: Sequence[Checked]) -> None:
    from rich.table import Table

    for each in checked:
        table = Table(show_edge=False, pad_edge=False, header_style="bold")
        for column in (each.task, each.state, "what", "remedy"):
            table.add_column(column, overflow="fold")
        for row in each.findings:
            table.add_row(row.check, _MARKS[row.state], row.what, row.remedy)
        console().print(table)
        typer.echo()
    counts = [f"{sum(c.state == s for c in checked)} {s}" for s in ("green", "failed", "trouble")]
    typer.echo(f"{len(checked)} tasks: {', '.join(counts)}")
