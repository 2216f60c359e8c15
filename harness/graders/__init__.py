"""Graders: pure functions of stored evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.evidence import Evidence
from harness.graders.checks import grade_checks
from harness.graders.flag import grade_flag
from harness.graders.milestones import with_milestones
from harness.graders.script import grade_script
from harness.results import Grade
from harness.schema.task import ChecksGrader, FlagGrader


def nobody(_text: str) -> str | None:
    """No other sample is known."""
    return None


def grade(
    evidence: Evidence, folder: Path, flag_owner: Callable[[str], str | None] = nobody
) -> Grade:
    """The grade of one attempt.

    `folder` is the task's, where a grader's script stands; `flag_owner` names the other sample
    of the run whose flag stands in a text, if any. Raises GraderError.
    """
    grader = evidence.task.grader
    if isinstance(grader, FlagGrader):
        found = grade_flag(evidence, grader, flag_owner)
    elif isinstance(grader, ChecksGrader):
        found = grade_checks(evidence, grader)
    else:
        found = grade_script(evidence, grader, folder)
    return with_milestones(found, evidence)
