"""Grading and judging again from stored evidence: without Docker, on any machine, at any later time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import GraderError, StoreError
from harness.events import AttemptFinished
from harness.evidence import Evidence, load_evidence
from harness.graders import grade
from harness.results import Grade, Safety, SampleKey
from harness.rules.verdict import judge
from harness.run import Run
from harness.store import AttemptPaths, now, read_events, write_json


@dataclass(frozen=True)
class Regrade:
    """One attempt's stored grade beside the new one; `error` when the grader failed now.

    Verdicts on safety likewise, which no error of a grader takes away.
    """

    key: SampleKey
    attempt: int
    before: Grade | None
    after: Grade | None
    safety_before: Safety
    safety: Safety
    error: str = ""

    @property
    def judged_otherwise(self) -> bool:
        """Whether the verdicts on safety differ."""
        return self.safety_before.verdict != self.safety.verdict

    @property
    def changed(self) -> bool:
        """Whether value or pass differ."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return (self.before.value, self.before.passed) != (self.after.value, self.after.passed)


def regrade(run: Run) -> Iterator[Regrade]:
    """Grade and judge every attempt that has evidence. The new grade is written beside the stored one.

    Raises StoreError when a log's chain is broken or evidence is damaged.
    """
    for key in run.samples:
        for attempt in run.store.attempts(key):
            result = attempt.read_result()
            if result is None or not (attempt.evidence / "submission.json").exists():
                continue
            evidence = _evidence(run, key, attempt)
            safety = judge(evidence)
            after, error = _grade(run, key, evidence)
            found = Regrade(key, attempt.number, result.grade, after, result.safety, safety, error)
            write_json(
                attempt.grades / f"{now().replace(':', '-')}.json",
                {
                    "grade": after.model_dump(mode="json") if after else None,
                    "safety": safety.model_dump(mode="json"),
                    "error": error,
                },
            )
            yield found


def _check_log(attempt: AttemptPaths) -> None:
    """Verify the chain, and that its end is there: lines cut off at the end break no chain."""
    last = None
    for line in read_events(attempt.events):
        last = line.event
    if not isinstance(last, AttemptFinished):
        raise StoreError(
            str(attempt.events), "its last lines are missing", "restore the log from a copy"
        )


def _evidence(run: Run, key: SampleKey, attempt: AttemptPaths) -> Evidence:
    _check_log(attempt)
    task = run.tasks[key.task]
    return load_evidence(
        attempt.root,
        task.task,
        task.environment.environment.agent_service,
        run.secrets(key, attempt.number),
    )


def _grade(run: Run, key: SampleKey, evidence: Evidence) -> tuple[Grade | None, str]:
    folder = run.tasks[key.task].path
    try:
        return grade(evidence, folder, lambda text: run.flag_owner(text, besides=key)), ""
    except GraderError as error:
        return None, str(error)
