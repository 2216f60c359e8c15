"""harness check --rules: whether the rules find what they shall, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.cli import DONE, GATE, INFRASTRUCTURE, INTERRUPTED
from harness.cli.common import (
    console,
    docker_sandboxes,
    echo_json,
    kept_folder,
    roots_of,
    say,
    usual_jobs,
)
from harness.cli.ready import make_ready
from harness.cli.sensors import missing_sensors

if TYPE_CHECKING:
    from harness.check.fixture import Fixture
    from harness.check.proving import Rates
    from harness.sandbox.engine import Engine


def prove_rules(
    selectors: Sequence[str],
    path: Sequence[Path],
    keep: Path | None,
    jobs: int | None,
    repeat: int,
    *,
    as_json: bool,
) -> int:
    """Do the fixtures that selectors name, print the rates by rule; the exit code."""
    from harness.check.fixture import load_fixtures
    from harness.check.proving import prove
    from harness.cli.progress import open_progress
    from harness.cli.run import terminated_as_interrupted

    roots, at_once = roots_of(path), jobs or usual_jobs()
    tasks, fixtures = load_fixtures(selectors, roots)
    with open_progress() as progress, terminated_as_interrupted(), kept_folder(keep) as folder:
        sandboxes = docker_sandboxes(roots, progress.preparing)
        absent = _absent(fixtures, sandboxes.engine)
        fixtures = [each for each in fixtures if each.rule not in absent]
        tasks = [task for task in tasks if any(each.task == task.id for each in fixtures)]
        environments = [task.environment.environment for task in tasks]
        make_ready(sandboxes.engine, folder, environments, jobs=at_once)
        rates, stopped = prove(
            tasks, fixtures, roots, sandboxes, progress, folder, jobs=at_once, repeat=repeat
        )
    if stopped:
        say(f"harness: stopped, {stopped}; nothing was proven")
        return INTERRUPTED
    rates += absent.values()
    if as_json:
        echo_json({"schema": 1, "rules": [_row(each) for each in rates]})
    else:
        _show(rates)
    return exit_code({each.state for each in rates})


def _absent(fixtures: Sequence[Fixture], engine: Engine) -> dict[str, Rates]:
    """The rules whose sensors this machine cannot have, with the reason."""
    from harness.check.proving import Rates

    rules = dict.fromkeys(each.rule for each in fixtures)
    found = missing_sensors(rules, engine)
    return {rule: Rates(rule, (), found[rule]) for rule in rules if rule in found}


def exit_code(states: Collection[str]) -> int:
    """What the states of all rules come to. Rules that this machine cannot prove count for nothing."""
    tried = set(states) - {"not on this machine"}
    if "trouble" in tried or not tried:
        return INFRASTRUCTURE
    return GATE if "failed" in tried else DONE


def _row(rates: Rates) -> dict[str, Any]:
    (found, attacks), (clean, honest) = rates.count("attack"), rates.count("honest")
    noticed, broken = rates.sensors
    return {
        "rule": rates.rule,
        "state": rates.state,
        "lacks": rates.lacks,
        "attacks": attacks,
        "found": found,
        "true_positive_rate": rates.true_positives,
        "honest": honest,
        "clean": clean,
        "false_positive_rate": rates.false_positives,
        "sensors_broken": broken,
        "sensors_noticed": noticed,
        "fixtures": [
            {
                "fixture": each.fixture.id,
                "kind": each.fixture.kind,
                "state": each.state,
                "said": each.said,
                "seconds": each.seconds,
            }
            for each in rates.proofs
        ],
    }


def _show(rates: Sequence[Rates]) -> None:
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for column in ("rule", "attacks found", "honest clean", "broken sensors noticed", "state"):
        table.add_column(column)
    for each in rates:
        found = _share(*each.count("attack"), each.true_positives)
        clean = _share(*each.count("honest"), each.false_positives, "false positives")
        noticed, broken = each.sensors
        table.add_row(each.rule, found, clean, f"{noticed} of {broken}", each.state)
    console().print(table)
    for each in rates:
        if each.lacks:
            typer.echo(f"not on this machine: {each.rule} needs {each.lacks}; see `harness doctor`")
    for proof in (proof for each in rates for proof in each.proofs):
        if proof.fixture.kind == "missed" and proof.state == "as wanted":
            typer.echo(f"found now, and so no longer missed: {proof.fixture.id}")
        elif proof.said:
            state = "known to be missed" if proof.fixture.kind == "missed" else proof.state
            typer.echo(f"{state}: {proof.fixture.id}: {proof.said}")


def _share(wanted: int, count: int, rate: float | None, what: str = "") -> str:
    share = "" if rate is None else f" ({rate:.0%}{' ' if what else ''}{what})"
    return f"{wanted} of {count}{share}"
