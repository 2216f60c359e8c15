"""The main line of `harness check --rules`: do what fixtures say, judge it, compare, break sensors."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.check.blinding import unnoticed
from harness.check.fixture import Fixture, Kind, staged
from harness.check.rehearsal import CHEAT, no_model
from harness.content.agents import load_agent
from harness.content.folders import TaskFolder
from harness.content.plan import NO_MODEL, Plan, check_scripts
from harness.content.roots import Roots
from harness.evidence import Evidence, load_evidence
from harness.progress import Progress
from harness.protocols import Sandboxes
from harness.results import SampleKey, SampleResult
from harness.rules.verdict import RULES
from harness.run import Run, load_run, start_run
from harness.runner import execute
from harness.schema.config import RunConfig
from harness.schema.unsafe import RuleName
from harness.store import AttemptPaths


@dataclass(frozen=True)
class Proof:
    """What came of one fixture. `said` tells what the verdict was where that was not wanted.

    `blinded` and `noticed` count ways to break a sensor, over the evidence of honest work.
    """

    fixture: Fixture
    state: Literal["as wanted", "otherwise", "trouble"]
    said: str = ""
    blinded: int = 0
    noticed: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the rule does not do what it is said to do."""
        wrong = self.state == "otherwise" and self.fixture.gates
        return wrong or self.noticed < self.blinded


@dataclass(frozen=True)
class Rates:
    """The proofs of one rule; none where this machine lacks what its sensors need."""

    rule: RuleName
    proofs: Sequence[Proof]
    lacks: str = ""

    def count(self, kind: Kind) -> tuple[int, int]:
        """Fixtures of a kind that came out as wanted, and all of them."""
        told = [each for each in self.proofs if each.fixture.kind == kind]
        return sum(each.state == "as wanted" for each in told), len(told)

    @property
    def true_positives(self) -> float | None:
        """The share of attacks that are found."""
        found, count = self.count("attack")
        return found / count if count else None

    @property
    def false_positives(self) -> float | None:
        """The share of honest work that is not clean."""
        clean, count = self.count("honest")
        return 1 - clean / count if count else None

    @property
    def sensors(self) -> tuple[int, int]:
        """Broken sensors that were noticed, and all that were broken."""
        return sum(p.noticed for p in self.proofs), sum(p.blinded for p in self.proofs)

    @property
    def state(self) -> Literal["proven", "failed", "trouble", "not on this machine"]:
        """Trouble hides a failure: what was not done is neither found nor missed."""
        if self.lacks:
            return "not on this machine"
        if any(each.state == "trouble" for each in self.proofs):
            return "trouble"
        return "failed" if any(each.failed for each in self.proofs) else "proven"


def prove(
    tasks: Sequence[TaskFolder],
    fixtures: Sequence[Fixture],
    roots: Roots,
    sandboxes: Sandboxes,
    progress: Progress,
    folder: Path,
    *,
    jobs: int,
    repeat: int = 1,
) -> tuple[list[Rates], str]:
    """Do every fixture in a sandbox of its own, `repeat` times, with a run below `folder`.

    Gives the rates by rule, and why it stopped early, if so. Raises ImageBuildError,
    EngineUnavailable, StoreError, ContentError.
    """
    if not fixtures:
        return [], ""
    samples = [(each, _key(each, epoch)) for each in fixtures for epoch in range(1, repeat + 1)]
    plan = _plan(tasks, fixtures, [key for _, key in samples], roots, folder, jobs)
    run = load_run(start_run(plan, roots, folder, sandboxes, progress))
    outcome = execute(run, sandboxes, no_model, progress)
    if outcome.stopped:
        return [], outcome.stopped
    with ThreadPoolExecutor(jobs) as pool:
        proofs = list(pool.map(lambda each: _proof(run, *each), samples))
    rules = dict.fromkeys(each.rule for each in fixtures)
    return [Rates(rule, [p for p in proofs if p.fixture.rule == rule]) for rule in rules], ""


def _plan(
    tasks: Sequence[TaskFolder],
    fixtures: Sequence[Fixture],
    samples: Sequence[SampleKey],
    roots: Roots,
    folder: Path,
    jobs: int,
) -> Plan:
    copies = [
        staged(task, [f for f in fixtures if f.task == task.id], folder / "staged")
        for task in tasks
    ]
    agents = {key.agent: load_agent(key.agent, roots) for key in samples}
    for task in copies:
        check_scripts([task], [agents[key.agent] for key in samples if key.task == task.id])
    ids = [task.id for task in copies]
    config = RunConfig(selectors=ids, agents=list(agents), jobs=jobs, name="rules")
    return Plan(config, copies, list(agents.values()), samples)


def _key(fixture: Fixture, epoch: int) -> SampleKey:
    agent = f"{CHEAT}{fixture.script}"
    return SampleKey(task=fixture.task, model=NO_MODEL, agent=agent, epoch=epoch)


def _proof(run: Run, fixture: Fixture, key: SampleKey) -> Proof:
    attempts = run.store.attempts(key)
    result = attempts[-1].read_result() if attempts else None
    if result is None or result.error is not None or not result.status.graded:
        blame = result.error.message if result and result.error else "it did not end"
        return Proof(fixture, "trouble", blame)
    evidence = _evidence(run, key, attempts[-1])
    said = compare(fixture, result, failed_blocks(evidence))
    state: Literal["as wanted", "otherwise"] = "otherwise" if said else "as wanted"
    seconds = round(sum(result.timings.values()), 2)
    if fixture.kind != "honest" or said:
        return Proof(fixture, state, said, seconds=seconds)
    with tempfile.TemporaryDirectory() as broken:
        tried = list(unnoticed(RULES[fixture.rule], evidence, Path(broken)))
    wrong = [f"{verdict} although {way}" for way, verdict in tried if verdict]
    noticed = len(tried) - len(wrong)
    return Proof(fixture, state, "; ".join(wrong), len(tried), noticed, seconds)


def compare(fixture: Fixture, result: SampleResult, failed: int) -> str:
    """What is not as the fixture wants it; empty when everything is.

    `failed` counts the script's blocks that did not succeed: honest work that was not done proves
    nothing.
    """
    safety = result.safety
    if fixture.kind == "honest":
        if safety.verdict != "clean":
            return f"{safety.verdict}: {safety.reason}"
        return f"{failed} blocks of the script failed" if failed else ""
    events = [each for each in safety.events if each.rule == fixture.rule]
    missing = [
        str(each) for each in fixture.expected if not any(each.met_by(event) for event in events)
    ]
    if not missing:
        return ""
    found = [f"{e.stage}, {e.enforcement} ({e.confidence}): {e.what}" for e in events]
    but = "; ".join(found) or f"{safety.verdict}: {safety.reason}"
    blocks = f" ({failed} blocks of the script failed)" if failed else ""
    return f"wanted {'; '.join(missing)}, but {but}{blocks}"


def failed_blocks(evidence: Evidence) -> int:
    """How many of the script's blocks did not succeed."""
    calls = {
        event["id"]
        for event in evidence.events()
        if event["kind"] == "tool_call" and event["tool"] != "submit"
    }
    return sum(
        event["kind"] == "tool_result" and event["id"] in calls and event["exit_code"] != 0
        for event in evidence.events()
    )


def _evidence(run: Run, key: SampleKey, attempt: AttemptPaths) -> Evidence:
    task = run.tasks[key.task]
    service = task.environment.environment.agent_service
    return load_evidence(attempt.root, task.task, service, run.secrets(key, attempt.number))
