"""Whether the grader is a function of its evidence, and stands hostile evidence."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from harness.check.findings import Finding, State, or_ok
from harness.check.hostile import hostile
from harness.check.rehearsal import Rehearsal
from harness.content.folders import TaskFolder
from harness.errors import GraderError
from harness.evidence import Evidence, load_evidence
from harness.graders import grade
from harness.regrade import Regrade
from harness.results import SampleKey
from harness.schema.task import ScriptGrader

_MOST_SECONDS = 15.0


def check_determinism(regrades: Sequence[Regrade]) -> list[Finding]:
    """Whether grading again gave what was given before."""
    check = "same grade again"
    if not regrades:
        return []
    odd = [each for each in regrades if each.changed]
    found = [
        Finding(
            check,
            "bad",
            f"{len(odd)} of {len(regrades)} attempts got another grade from the same evidence, "
            f"such as {odd[0].key}: {_told(odd[0])}",
            "let the grader use its evidence alone: no clock, no chance, no files of its own",
        )
        for _ in odd[:1]
    ]
    return or_ok(check, found, f"{len(regrades)} attempts graded twice alike")


def _told(regrade: Regrade) -> str:
    before, after = (
        "no grade" if each is None else f"{each.value:g}"
        for each in (regrade.before, regrade.after)
    )
    return f"{before}, then {after}{f' ({regrade.error})' if regrade.error else ''}"


def evidence_of(rehearsal: Rehearsal, key: SampleKey) -> Evidence | None:
    """The evidence of a sample's last attempt, None when none was collected. Raises StoreError."""
    attempts = rehearsal.run.store.attempts(key)
    if not attempts or not (attempts[-1].evidence / "submission.json").exists():
        return None
    task = rehearsal.run.tasks[key.task]
    return load_evidence(
        attempts[-1].root,
        task.task,
        task.environment.environment.agent_service,
        rehearsal.run.secrets(key, attempts[-1].number),
    )


def check_hostile(folder: TaskFolder, evidence: Evidence | None) -> list[Finding]:
    """Grade hostile variants of evidence that must not pass; nothing where there is none.

    Why there is none is told where the samples are judged.
    """
    check = "hostile evidence"
    if evidence is None:
        return []
    evidence = _impatient(evidence)
    variants = list(hostile(evidence))
    named: dict[tuple[State, str, str], list[str]] = defaultdict(list)
    for name, variant in variants:
        if answer := _try(folder, variant):
            named[answer].append(name)
    found = [
        Finding(check, state, f"{what}: {', '.join(names)}", mend)
        for (state, what, mend), names in named.items()
    ]
    return or_ok(check, found, f"{len(variants)} kinds of it were not passed")


def _impatient(evidence: Evidence) -> Evidence:
    """The same evidence, whose grader is given up sooner."""
    grader = evidence.task.grader
    if not isinstance(grader, ScriptGrader):
        return evidence
    sooner = grader.model_copy(update={"timeout": min(grader.timeout, _MOST_SECONDS)})
    return replace(evidence, task=evidence.task.model_copy(update={"grader": sooner}))


def _try(folder: TaskFolder, evidence: Evidence) -> tuple[State, str, str] | None:
    """What is wrong with the grader's answer, and the remedy; None when nothing is."""
    started = time.monotonic()
    try:
        given = grade(evidence, folder.path)
    except GraderError as error:
        if "did not end within" in error.what or time.monotonic() - started >= _MOST_SECONDS:
            return "bad", f"the grader hangs ({error.what})", "bound what it reads and does"
        mend = "answer with a failing grade: a crash leaves the sample without a score"
        return "note", error.what, mend
    if not given.passed:
        return None
    return "bad", "is passed", "let the grader ask for what only the solution leaves"
