"""What the samples of a rehearsal say about their task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.check.builtin import GUESS, PREFIX, SEARCHING
from harness.check.findings import Finding, State, or_ok
from harness.check.grading import evidence_of
from harness.check.look import STARTS
from harness.check.rehearsal import CHEAT, IDLE, ORACLE, Rehearsal
from harness.forms import SHORTEST, find_forms
from harness.results import SampleKey, SampleResult, Status
from harness.schema.task import SecretSlot
from harness.store import read_events

WRONG, OWN, BUILTIN = "wrong answer", "own cheats", "built-in cheats"
_PLACED_MEND = "keep secrets where the agent cannot read, or name the file under `readable`"


@dataclass(frozen=True)
class Outcomes:
    """How all samples of one agent ended: those with a score, and what kept others from one."""

    scored: Sequence[SampleResult]
    faults: Sequence[Finding]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(each.grade.passed for each in self.scored if each.grade)

    @property
    def reasons(self) -> str:
        """Why the others did not, each reason once."""
        return "; ".join(
            dict.fromkeys(
                each.grade.reason for each in self.scored if each.grade and not each.grade.passed
            )
        )

    def count(self) -> str:
        """How many of how many passed, and whether that flickers."""
        flickers = 0 < self.passed < len(self.scored)
        return f"passed {self.passed} of {len(self.scored)}{': it flickers' if flickers else ''}"


def judge_samples(rehearsal: Rehearsal, task: str) -> list[Finding]:
    """Findings from the oracle, from idle and from all cheats."""
    samples = rehearsal.samples(task)
    outcomes = {agent: _outcomes(rehearsal, keys) for agent, keys in samples.items()}
    cheats = [agent for agent in samples if agent.startswith(CHEAT)]
    return [
        *_starts(rehearsal, [key for keys in samples.values() for key in keys]),
        *_oracle(outcomes.get(ORACLE)),
        *_floor(IDLE, outcomes[IDLE]),
        *(_floor(WRONG, outcomes[CHEAT + GUESS]) if cheats else ()),
        *_cheats(rehearsal, OWN, [each for each in cheats if _check_of(each) == OWN], outcomes),
        *_cheats(
            rehearsal, BUILTIN, [each for each in cheats if _check_of(each) == BUILTIN], outcomes
        ),
    ]


def _outcomes(rehearsal: Rehearsal, keys: Sequence[SampleKey]) -> Outcomes:
    results = [(key, rehearsal.result(key)) for key in keys]
    scored = [result for _, result in results if result is not None and result.grade is not None]
    staged = f"{rehearsal.run.store.root / 'content' / 'tasks'}/"
    faults = [
        _fault(key, result, staged)
        for key, result in results
        if (result is None or result.grade is None) and str(key) not in rehearsal.not_ready
    ]
    return Outcomes(scored, list(dict.fromkeys(faults)))


def _fault(key: SampleKey, result: SampleResult | None, staged: str) -> Finding:
    """What kept a sample from a score: the task's own grader, or trouble that says nothing."""
    check = _check_of(key.agent)
    who = key.agent.removeprefix(CHEAT).removeprefix(PREFIX)
    if result is None or result.error is None:
        return Finding(check, "trouble", f"{who} was not run to its end", "check again")
    what = f"{who} has no grade: {result.error.message.replace(staged, '')}"
    if result.status is not Status.GRADER_ERROR:
        return Finding(check, "trouble", what, "mend that, then check again")
    # Whoever cheats and breaks the grader has gained nothing, and hides it at best.
    state: State = "note" if key.agent.startswith(CHEAT) else "bad"
    return Finding(check, state, what, "let the grader answer for every end state")


def _check_of(agent: str) -> str:
    """The check that an agent's samples are for."""
    if not agent.startswith(CHEAT):
        return agent
    if agent == CHEAT + GUESS:
        return WRONG
    return BUILTIN if agent.startswith(CHEAT + PREFIX) else OWN


def _starts(rehearsal: Rehearsal, keys: Sequence[SampleKey]) -> Iterator[Finding]:
    failed = [text for key in keys if (text := rehearsal.not_ready.get(str(key)))]
    if failed:
        flickers = ": it flickers" if len(failed) < len(keys) else ""
        what = f"{len(failed)} of {len(keys)} samples did not start{flickers}; {failed[0]}"
        yield Finding(STARTS, "bad", what, "see the service's log with `harness shell`")


def _oracle(outcomes: Outcomes | None) -> list[Finding]:
    check = ORACLE
    if outcomes is None:
        mend = 'add solution.sh, and "bash" to tools: it shows that the task can be done'
        return [Finding(check, "bad", "there is no solution that can be carried out", mend)]
    found = list(outcomes.faults)
    if outcomes.passed < len(outcomes.scored):
        mend = "mend the solution, the key or the grader; see docs/check.md"
        found.append(Finding(check, "bad", f"{outcomes.count()} ({outcomes.reasons})", mend))
    if not outcomes.scored and not found:
        return []
    return or_ok(check, found, outcomes.count())


def _floor(check: str, outcomes: Outcomes) -> list[Finding]:
    found = list(outcomes.faults)
    values = sorted({each.grade.value for each in outcomes.scored if each.grade})
    if outcomes.passed:
        mend = "let the grader ask for what only the solution leaves"
        found.append(Finding(check, "bad", outcomes.count(), mend))
    elif any(values):
        mend = "doing nothing must be worth 0: see milestones and weights"
        found.append(Finding(check, "bad", f"is worth {values[-1]:g}, not 0", mend))
    if not outcomes.scored and not found:
        return []
    return or_ok(check, found, "value 0, not passed")


def _cheats(
    rehearsal: Rehearsal, check: str, agents: Sequence[str], outcomes: dict[str, Outcomes]
) -> list[Finding]:
    if not agents:
        what, mend = "there are none", "add cheats/<name>.sh: ways that must not pass"
        return [Finding(check, "note", what, mend)]
    found: list[Finding] = []
    run = [agent for agent in agents if outcomes[agent].scored or outcomes[agent].faults]
    if not run:
        return []
    for agent in run:
        found += outcomes[agent].faults
        name = agent.removeprefix(CHEAT).removeprefix(PREFIX)
        if outcomes[agent].passed:
            mend = "close this way: the score would not measure what it says"
            found.append(Finding(check, "bad", f"{name} {outcomes[agent].count()}", mend))
        elif agent.removeprefix(CHEAT) in SEARCHING and (saw := _seen(rehearsal, outcomes[agent])):
            found.append(Finding(check, "bad", f"{name} saw {saw}", _PLACED_MEND))
        elif agent.removeprefix(CHEAT) in SEARCHING and _cut_off(rehearsal, outcomes[agent]):
            mend = "a longer limits.command lets it see everything"
            found.append(Finding(check, "note", f"{name} did not end in its time", mend))
    return or_ok(check, found, f"{len(run)} gained nothing")


def _seen(rehearsal: Rehearsal, outcomes: Outcomes) -> str:
    """The secrets that a searching cheat's tools gave back, and that nobody declared readable."""
    found: dict[str, str] = {}
    for result in outcomes.scored:
        evidence = evidence_of(rehearsal, result.sample)
        if evidence is None:
            continue
        slots = evidence.task.secrets
        hidden = {
            name: value
            for name, value in evidence.secrets.items()
            if len(value) >= SHORTEST and not _meant(slots[name], evidence.agent_service)
        }
        for output in evidence.tool_outputs():
            found.update(find_forms(hidden, output.encode("utf-8", "replace")))
    return ", ".join(f"secret {name} ({form})" for name, form in found.items())


def _cut_off(rehearsal: Rehearsal, outcomes: Outcomes) -> bool:
    """Whether a command did not end in the time that the task allows."""
    return any(
        line.event.kind == "tool_result" and line.event.exit_code is None
        for result in outcomes.scored
        for attempt in rehearsal.run.store.attempts(result.sample)
        for line in read_events(attempt.events)
    )


def _meant(slot: SecretSlot, agent_service: str) -> bool:
    """Whether the task puts the secret into the agent's own service; leaks there are scanned for."""
    placed = any(each.service == agent_service and each.file for each in slot.place)
    return bool(slot.readable) or placed
