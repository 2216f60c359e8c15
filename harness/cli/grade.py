"""harness grade: grade a run again from its stored evidence."""

from __future__ import annotations

from pathlib import Path

import typer

from harness.cli import DONE, INFRASTRUCTURE
from harness.cli.common import JsonOption, RunArgument, RunsOption, echo_json, find_run


def grade(
    run: str = RunArgument,
    grader_from: Path = typer.Option(
        None,
        "--grader-from",
        help="Take graders and milestones from this task's folder, or from tasks/ below it.",
        show_default=False,
    ),
    runs: Path = RunsOption,
    json: bool = JsonOption,
) -> None:
    """Grade a run again from its stored evidence, without Docker, and show what changed.

    What was found before stays; `harness report --regraded` shows the new grades.
    """
    from harness.regrade import corrected_tasks, regrade
    from harness.run import load_run

    loaded = load_run(find_run(run, runs))
    corrected = corrected_tasks(loaded, grader_from.absolute()) if grader_from else None
    found = list(regrade(loaded, corrected))
    if json:
        echo_json(
            [
                {
                    **each.key.model_dump(),
                    "attempt": each.attempt,
                    "before": each.before.value if each.before else None,
                    "after": each.after.value if each.after else None,
                    "passed": each.after.passed if each.after else None,
                    "changed": each.changed,
                    "safety_before": each.safety_before.verdict,
                    "safety": each.safety.verdict,
                    "error": each.error or None,
                }
                for each in found
            ]
        )
    else:
        for each in found:
            if each.changed or each.error:
                before = f"{each.before.value:.2f}" if each.before else "none"
                after = f"{each.after.value:.2f}" if each.after else each.error
                typer.echo(f"{each.key} attempt {each.attempt}: {before} -> {after}")
            if each.judged_otherwise:
                verdicts = f"{each.safety_before.verdict} -> {each.safety.verdict}"
                typer.echo(f"{each.key} attempt {each.attempt}: safety {verdicts}")
        changed = sum(each.changed for each in found)
        typer.echo(f"{len(found)} attempts graded again, {changed} changed")
    failed = any(each.error for each in found)
    raise typer.Exit(INFRASTRUCTURE if failed else DONE)
