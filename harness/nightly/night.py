"""One night, from the preflight to the exit code. It always ends with a verdict that somebody sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from harness.compare.comparison import compare_runs
from harness.compare.side import Side, read_side
from harness.compare.thresholds import judge_thresholds, threshold_reasons
from harness.errors import HarnessError, UsageError
from harness.history.updating import update_index
from harness.nightly.ledger import Ledger, Night
from harness.nightly.notify import notify
from harness.nightly.reports import write_reports
from harness.nightly.retention import remove_old_runs
from harness.nightly.stopping import Decision, Rate, rate_of
from harness.report.build import build_report
from harness.run import load_run
from harness.runner import Enough, RunOutcome
from harness.schema.config import RunConfig
from harness.schema.model import PinnedModel
from harness.schema.nightly import Nightly
from harness.store import RunStore, now, open_run, write_json

VERDICTS = {
    "open": "nothing got worse, as far as can be seen",
    "closed": "the gate said no",
    "cannot tell": "nothing is said about the model",
    "first": "there is nothing to compare with yet: this run is the baseline from now on",
    "could not run": "nothing was measured",
    "interrupted": "somebody stopped it",
}


@dataclass(frozen=True)
class Check:
    """One thing looked at before the night began."""

    name: str
    holds: bool
    said: str


class Machine(Protocol):
    """What a night needs of the machine; the command line gives it."""

    def preflight(self, night: Nightly) -> Iterator[Check]:
        """Whether a run can be believed tonight. Raises HarnessError."""

    def start(
        self, config: RunConfig, begun: Callable[[RunStore], None], enough: Enough | None
    ) -> RunOutcome:
        """Plan and execute a run; `begun` is told its folder first. Raises HarnessError."""

    def resume(self, store: RunStore, enough: Enough | None) -> RunOutcome:
        """Do what has no score yet. Raises HarnessError."""


@dataclass
class Outcome:
    """What is known of a night so far; `exit` is 3 until it is known to be better."""

    verdict: str = "could not run"
    exit: int = 3
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    run: Path | None = None
    baseline: Path | None = None
    report: dict[str, Any] | None = None
    comparison: dict[str, Any] | None = None

    def message(self, config: Nightly, night: Night) -> dict[str, Any]:
        """What is written down and told."""
        return {
            "schema": 1,
            "nightly": config.name,
            "night": night.number,
            "verdict": self.verdict,
            "meaning": VERDICTS[self.verdict],
            "exit": self.exit,
            "reasons": self.reasons,
            "notes": self.notes,
            "checks": [vars(check) for check in self.checks],
            "run": self.run.name if self.run else None,
            "baseline": self.baseline.name if self.baseline else None,
            "totals": self.report["totals"] if self.report else None,
            "folder": str(night.folder),
        }


def spend_night(
    config: Nightly,
    planned: RunConfig,
    runs: Path,
    machine: Machine,
    *,
    against_last: bool = False,
) -> tuple[Night, Outcome]:
    """Everything, in order; `planned` is the run of `run_config`. With `against_last` the baseline is the last run, whatever its verdict.

    Raises UsageError for what a person has to mend, StoreError without a folder.
    """
    ledger = Ledger(runs, config.name)
    try:
        with ledger.held():
            return _spend(config, planned, ledger, machine, against_last=against_last)
    except HarnessError as error:
        # There is no night to write it into: who waits for a verdict is told all the same.
        told = notify(config.notify, _no_night(config, error))
        error.detail = "\n".join([*error.detail.splitlines(), *told])
        raise


def _spend(
    config: Nightly, planned: RunConfig, ledger: Ledger, machine: Machine, *, against_last: bool
) -> tuple[Night, Outcome]:
    baseline = ledger.last_run() if against_last else find_baseline(config, ledger)
    killed = ledger.killed()
    night = ledger.new_night()
    outcome = Outcome(baseline=baseline)
    _begin(night, outcome)
    with _explained(outcome):
        _look_first(config, machine, outcome)
        _measure(config, planned, night, killed, machine, outcome)
        _judge(config, outcome)
    _finish(config, ledger, night, outcome)
    return night, outcome


def _no_night(config: Nightly, error: HarnessError) -> dict[str, Any]:
    outcome = Outcome(reasons=[str(error)])
    message = outcome.message(config, Night(Path("0000")))
    return {
        **message,
        "night": None,
        "folder": None,
        "exit": 2 if isinstance(error, UsageError) else 3,
    }


def find_baseline(config: Nightly, ledger: Ledger) -> Path | None:
    """The run that tonight is compared with; None on a first night. Raises UsageError."""
    if config.baseline == "last-good":
        return ledger.last_good()
    for path in (Path(config.baseline), ledger.runs / config.baseline):
        if (path / "run.json").is_file():
            try:
                load_run(open_run(path))
            except HarnessError as error:
                raise UsageError(f"baseline {path}", error.what, error.remedy) from error
            return path
    raise UsageError(
        f"baseline {config.baseline!r}",
        "there is no such run",
        f'name one in {ledger.runs}, a folder, or "last-good"',
    )


@contextmanager
def _explained(outcome: Outcome) -> Iterator[None]:
    """Trouble becomes a reason, and never a score or a silence."""
    try:
        yield
    except KeyboardInterrupt:
        outcome.verdict, outcome.exit = "interrupted", 130
        outcome.reasons.append("interrupted")
    except HarnessError as error:
        outcome.reasons += str(error).splitlines()
    except Exception as error:  # noqa: BLE001 - a bug of ours is a night without a verdict, and is told
        outcome.reasons.append(f"a fault of the harness: {type(error).__name__}: {error}")


def _look_first(config: Nightly, machine: Machine, outcome: Outcome) -> None:
    outcome.checks = list(machine.preflight(config))
    if faults := [f"{check.name}: {check.said}" for check in outcome.checks if not check.holds]:
        outcome.reasons += faults
        raise UsageError("preflight", f"{len(faults)} checks do not hold", "mend them")


def _begin(night: Night, outcome: Outcome) -> None:
    run = outcome.run.name if outcome.run else None
    night.write(state="running", run=run, exit=None, started=now())


def _measure(
    config: Nightly,
    planned: RunConfig,
    night: Night,
    killed: tuple[Night, Path | None] | None,
    machine: Machine,
    outcome: Outcome,
) -> None:
    """Run tonight's grid, or finish that of a night that was killed."""

    def begun(store: RunStore) -> None:
        outcome.run = store.root
        _begin(night, outcome)

    enough = _decision(config, outcome.baseline)
    if killed and killed[1] and _goes_on(config, planned, killed[1], outcome):
        outcome.notes.append(f"night {killed[0].number} was killed: its run is resumed")
        begun(open_run(killed[1]))
        done = machine.resume(open_run(killed[1]), enough)
    else:
        if killed:
            outcome.notes.append(f"night {killed[0].number} was killed: tonight starts anew")
        done = machine.start(planned, begun, enough)
    if killed:
        killed[0].write(**{**killed[0].read(), "state": "killed"})
    outcome.report = build_report(load_run(done.store))
    write_json(done.store.report, outcome.report)
    if done.stopped == "interrupted":
        raise KeyboardInterrupt
    if done.stopped:
        outcome.notes.append(f"the run ended early: {done.stopped}")


def _goes_on(config: Nightly, planned: RunConfig, run: Path, outcome: Outcome) -> bool:
    """Whether the run of a killed night is the one that tonight would do."""
    if config.killed == "anew":
        return False
    begun = load_run(open_run(run)).config
    same = begun.model_dump(mode="json") == planned.model_dump(mode="json")
    if not same:
        outcome.notes.append(f"the killed run {run.name} was configured otherwise")
    return same


def run_config(
    config: Nightly, models: Sequence[str], pinned: Mapping[str, PinnedModel]
) -> RunConfig:
    """The run of one night; `models` are names, `pinned` what model files among them say."""
    names = (
        "selectors",
        "variants",
        "agents",
        "epochs",
        "name",
        "settings",
        "base_url",
        "runtime",
    )
    values = {name: getattr(config, name) for name in names}
    return RunConfig(
        **values,
        models=models,
        pinned=pinned,
        jobs=config.jobs or 2,
        limits=config.limits.model_dump(),
        budget=config.budget.model_dump(),
    )


def _decision(config: Nightly, baseline: Path | None) -> Enough | None:
    """What may end the night early; None where the configuration or the baseline does not say."""
    if config.stopping is None or baseline is None:
        return None
    report = build_report(load_run(open_run(baseline)))
    scored: dict[Rate, list[bool]] = {}
    for sample in report["samples"]:
        if sample["score"] is not None:
            scored.setdefault(rate_of(sample), []).append(sample["passed"])
    rates = {each: sum(passed) / len(passed) for each, passed in scored.items()}
    sizes = Counter(rate_of(row) for row in report["tasks"])
    return Decision(rates, sizes, config.stopping.margin, config.policy.alpha).tell


def _judge(config: Nightly, outcome: Outcome) -> None:
    """The verdict over the run: by its baseline, or as the first of its kind."""
    if outcome.run is None or outcome.report is None:
        return
    candidate = read_side(load_run(open_run(outcome.run)))
    if outcome.baseline is None:
        _judge_first(config, outcome, outcome.report["totals"], candidate)
        return
    base = read_side(load_run(open_run(outcome.baseline)))
    outcome.comparison = compare_runs(base, candidate, config.policy)
    gate = outcome.comparison["gate"]
    outcome.verdict = {0: "open", 1: "closed", 3: "cannot tell"}[gate["exit"]]
    outcome.exit = gate["exit"]
    outcome.reasons += [*gate["no"], *gate["insufficient"]]


def _judge_first(
    config: Nightly, outcome: Outcome, totals: Mapping[str, Any], candidate: Side
) -> None:
    """Whether a run may be a baseline: what was not measured cannot be compared with later.

    Thresholds need no baseline. One that is reached closes the gate until somebody signs it.
    """
    reached = [
        reason
        for arm, tasks in candidate.arms.items()
        for reason in threshold_reasons(
            f"{arm}: " if len(candidate.arms) > 1 else "", judge_thresholds(tasks, config.policy)
        )
    ]
    outcome.reasons += reached
    unscored = totals["planned"] - totals["scored"]
    safety = totals["safety"]
    doubtful, judged = safety["indeterminate"], max(sum(safety.values()), 1)
    if unscored > config.policy.max_unscored * totals["planned"]:
        outcome.reasons.append(f"{unscored} of {totals['planned']} samples have no score")
    if doubtful > config.policy.safety.max_indeterminate * judged:
        outcome.reasons.append(f"the safety of {doubtful} of {judged} samples is indeterminate")
    if safety["flagged"]:
        outcome.notes.append(
            f"{safety['flagged']} samples are flagged as unsafe, and are so in the baseline from now on"
        )
    outcome.verdict, outcome.exit = (
        ("closed", 1) if reached else ("cannot tell", 3) if outcome.reasons else ("first", 0)
    )


def _finish(config: Nightly, ledger: Ledger, night: Night, outcome: Outcome) -> None:
    """Write, tidy and tell. Trouble here is noted, and told as far as that is possible."""
    interrupted = outcome.verdict == "interrupted"
    try:
        spared = [path for path in (outcome.baseline, outcome.run) if path]
        if not interrupted and (
            gone := remove_old_runs(ledger, config.retention, spared, datetime.now(UTC))
        ):
            outcome.notes.append(f"removed {len(gone)} old runs: {', '.join(gone)}")
        outcome.notes += write_reports(
            night.folder,
            outcome.message(config, night),
            outcome.report,
            outcome.comparison,
            load_run(open_run(outcome.run)) if outcome.run and outcome.report else None,
            ledger.earlier_reports(outcome.run),
        )
        _end(night, outcome)
        outcome.notes += _index(ledger.runs)
    except (OSError, HarnessError) as error:
        if outcome.exit != 1:  # what the gate found is not taken back
            outcome.verdict, outcome.exit = "could not run", 3
        outcome.reasons.append(f"the reports could not be written: {error}")
    if told := notify(config.notify, outcome.message(config, night)):
        outcome.notes += told
        # Where this fails, the reports have failed too, which is told already.
        with suppress(OSError, HarnessError):
            _end(night, outcome)


def _index(runs: Path) -> list[str]:
    """Put the night into the history; what did not work, in words: it can be made again any time."""
    try:
        update_index(runs)
    except HarnessError as error:
        return [f"the history was not updated: {error}"]
    return []


def _end(night: Night, outcome: Outcome) -> None:
    night.write(
        state="ended",
        run=outcome.run.name if outcome.run else None,
        exit=outcome.exit,
        verdict=outcome.verdict,
        reasons=outcome.reasons,
        notes=outcome.notes,
        ended=now(),
    )
