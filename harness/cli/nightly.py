"""harness nightly: the grid of a night, its comparison, and an exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.common import (
    CertificatesOption,
    JsonOption,
    PathsOption,
    RunsOption,
    certificates_folder,
    docker_sandboxes,
    echo_json,
    roots_of,
    runs_folder,
    say,
    usual_jobs,
)

if TYPE_CHECKING:
    from harness.nightly.ledger import Ledger, Night
    from harness.nightly.night import Check, Outcome
    from harness.runner import Enough, RunOutcome
    from harness.sandbox.machines import DockerSandboxes
    from harness.schema.config import RunConfig
    from harness.schema.nightly import Nightly
    from harness.store import RunStore


def nightly(
    config: Path = typer.Argument(..., help="The nightly's configuration (TOML)."),
    again: bool = typer.Option(
        False,
        "--aa",
        help="A/A: the same once more, compared with itself; prints the rate of false alarms.",
    ),
    runs: Path = RunsOption,
    path: list[Path] = PathsOption,
    certificates: Path = CertificatesOption,
    json: bool = JsonOption,
) -> None:
    """Run a night: preflight, the grid, the comparison with the baseline, reports, notifications.

    Exits with 0 when nothing got worse, 1 when the gate says no, 3 when nothing can be said.
    """
    from harness.content.model_files import load_models
    from harness.content.toml import load_model
    from harness.nightly.ledger import Ledger as Nights
    from harness.nightly.night import run_config, spend_night
    from harness.schema.nightly import Nightly

    wanted = load_model(config, Nightly)
    if wanted.jobs is None:
        wanted = wanted.model_copy(update={"jobs": usual_jobs()})
    names, pinned = load_models(wanted.models, config.parent)
    machine = _Machine(runs, path, certificates)
    folder = runs_folder(runs)
    if again:
        # A threshold tells of a capability, reached or not: nothing that differs between the two.
        policy = wanted.policy.model_copy(update={"thresholds": ()})
        wanted = wanted.model_copy(
            update={"name": f"{wanted.name}-aa", "stopping": None, "policy": policy}
        )
    planned = run_config(wanted, names, pinned)
    if again and Nights(folder, wanted.name).last_run() is None:
        first = spend_night(wanted, planned, folder, machine, against_last=True)
        _tell(wanted, *first, as_json=False)
    night, outcome = spend_night(wanted, planned, folder, machine, against_last=again)
    _tell(wanted, night, outcome, as_json=json)
    if again:
        say(_false_alarms(Nights(folder, wanted.name)))
    raise typer.Exit(outcome.exit)


class _Machine:
    """What a night does through the parts of other commands."""

    def __init__(self, runs: Path | None, paths: list[Path], certificates: Path | None) -> None:
        self.runs, self.paths, self.certificates = runs, paths, certificates

    def preflight(self, night: Nightly) -> Iterator[Check]:
        """The engine, its boundary, and the tasks' certificates."""
        from harness.nightly.night import Check

        sandboxes = docker_sandboxes(roots_of(self.paths), runtime=night.runtime)
        yield Check("engine", holds=True, said=str(sandboxes.engine.posture["engine"]))
        if night.preflight.containment:
            yield _boundary(sandboxes)
        if night.preflight.certificates == "fresh":
            yield self._certificates(night.selectors)

    def _certificates(self, selectors: Sequence[str]) -> Check:
        from harness.check.certificate import Certificates
        from harness.content.select import select_tasks
        from harness.nightly.night import Check

        roots = roots_of(self.paths)
        known = Certificates(certificates_folder(self.certificates), roots)
        tasks = select_tasks(selectors, roots)
        stale = [task.id for task in tasks if known.standing(task) != "fresh"]
        said = f"{len(tasks) - len(stale)} of {len(tasks)} are fresh"
        if stale:
            said += f"; run `harness check {stale[0]}`" + (" and others" if stale[1:] else "")
        return Check("certificates", holds=not stale, said=said)

    def start(
        self, config: RunConfig, begun: Callable[[RunStore], None], enough: Enough | None
    ) -> RunOutcome:
        """A run of its own."""
        from harness.cli.run import start_and_execute

        return start_and_execute(config, self.runs, self.paths, begun=begun, enough=enough)

    def resume(self, store: RunStore, enough: Enough | None) -> RunOutcome:
        """What is left of a run."""
        from harness.cli.run import resume_and_execute

        return resume_and_execute(
            str(store.root), self.runs, self.paths, None, allow=False, enough=enough
        )


def _tell(config: Nightly, night: Night, outcome: Outcome, *, as_json: bool) -> None:
    message = outcome.message(config, night)
    if as_json:
        echo_json(message)
        return
    summary = night.folder / "summary.md"
    if summary.is_file():
        typer.echo(summary.read_text("utf-8"))
    else:
        typer.echo("\n".join([f"{config.name}: {outcome.verdict}", *outcome.reasons]))
    for note in outcome.notes:
        say(f"harness: nightly: {note}")
    typer.echo(str(night.folder))


def _boundary(sandboxes: DockerSandboxes) -> Check:
    """The boundary of a sealed network, tried from inside every profile."""
    from harness.nightly.night import Check
    from harness.sandbox.containment import PROFILES, self_test

    open_ = []
    for profile in PROFILES:
        say(f"  trying the boundary of profile {profile}")
        found = self_test(sandboxes, profile, "sealed")
        open_ += [f"{profile}: {each.probe}: {each.said}" for each in found if not each.holds]
    return Check("containment", holds=not open_, said="; ".join(open_) or "all attempts denied")


def _false_alarms(ledger: Ledger) -> str:
    """How often runs of one kind were told apart."""
    from harness import stats

    verdicts = [night.read().get("verdict") for night in ledger.nights()]
    judged = sum(verdict in {"open", "closed"} for verdict in verdicts)
    alarms = sum(verdict == "closed" for verdict in verdicts)
    interval = stats.clopper_pearson(alarms, judged)
    bounds = f" ({interval[0]:.1%} to {interval[1]:.1%})" if interval else ""
    return f"A/A: {alarms} false alarms in {judged} nights{bounds}"
