"""Grading and judging again from stored evidence: without Docker, on any machine, at any later time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.content.folders import TaskFolder, folder_digest, load_task
from harness.content.roots import Roots
from harness.content.select import find_tasks
from harness.errors import GraderError, StoreError, UsageError
from harness.events import AttemptFinished, Stopped
from harness.evidence import Evidence, load_evidence
from harness.graders import grade
from harness.results import Grade, Safety, SampleKey, Status
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


def corrected_tasks(run: Run, path: Path) -> dict[str, TaskFolder]:
    """The run's tasks with the grader and milestones that stand below `path`, by id.

    `path` is a task's folder, for the run's task of that name, or a folder that holds `tasks/`.
    Raises UsageError when none of the run's tasks is there, ContentErrors, ContentError.
    """
    single = (path / "task.toml").is_file()
    found = {path.name: path} if single else find_tasks(Roots((path,)))
    corrected = {}
    for name, task in run.tasks.items():
        if folder := found.get(name.rpartition("/")[2] if single else name):
            # Its environment is the run's own: what was collected came from there.
            new = load_task(folder, Roots((run.store.root / "content",)))
            graded = {"grader": new.task.grader, "milestones": new.task.milestones}
            corrected[name] = replace(task, path=folder, task=task.task.model_copy(update=graded))
    if not corrected:
        raise UsageError(
            f"--grader-from {path}",
            f"holds none of the run's tasks ({', '.join(run.tasks)})",
            "give a task's folder, or one with tasks/<suite>/<task> below",
        )
    return corrected


def regrade(run: Run, corrected: Mapping[str, TaskFolder] | None = None) -> Iterator[Regrade]:
    """Grade and judge every attempt that has evidence. The new grade is written beside the stored one.

    With `corrected` tasks, only theirs, with the graders that they bring. Raises StoreError when
    a log's chain is broken or evidence is damaged.
    """
    tasks = run.tasks if corrected is None else corrected
    for key in run.samples:
        for attempt in run.store.attempts(key) if key.task in tasks else ():
            result = attempt.read_result()
            if result is None or not (attempt.evidence / "submission.json").exists():
                continue
            status, task = _checked_status(attempt), tasks[key.task]
            evidence = _evidence(run, key, attempt, task)
            safety = judge(evidence)
            after, error = _grade(run, key, evidence, task.path)
            found = Regrade(key, attempt.number, result.grade, after, result.safety, safety, error)
            write_json(
                attempt.grades / f"{now().replace(':', '-')}.json",
                {
                    "grade": after.model_dump(mode="json") if after else None,
                    "safety": safety.model_dump(mode="json"),
                    "status": Status.GRADER_ERROR if error else status,
                    "error": error,
                    "task_digest": folder_digest(task.path),
                    "corrected": corrected is not None,
                },
            )
            yield found


def _checked_status(attempt: AttemptPaths) -> Status:
    """How the agent's work ended, from a log that is whole: chain verified, last line there.

    Lines cut off at the end break no chain. Raises StoreError.
    """
    last, status = None, Status.FINISHED
    for line in read_events(attempt.events):
        last = line.event
        if isinstance(last, Stopped):
            status = last.status
    if not isinstance(last, AttemptFinished):
        raise StoreError(
            str(attempt.events), "its last lines are missing", "restore the log from a copy"
        )
    return status


def _evidence(run: Run, key: SampleKey, attempt: AttemptPaths, task: TaskFolder) -> Evidence:
    return load_evidence(
        attempt.root,
        task.task,
        task.environment.environment.agent_service,
        run.secrets(key, attempt.number),
    )


def _grade(run: Run, key: SampleKey, evidence: Evidence, folder: Path) -> tuple[Grade | None, str]:
    try:
        return grade(evidence, folder, lambda text: run.flag_owner(text, besides=key)), ""
    except GraderError as error:
        return None, str(error)
