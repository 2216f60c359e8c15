"""Milestones: partial credit on the way to a pass."""

from __future__ import annotations

from harness.evidence import Evidence
from harness.graders.checks import fill
from harness.results import CONTAMINATION, Grade
from harness.schema.task import MilestoneEvidence

# What all milestones together are worth without a pass.
SHARE = 0.5


def with_milestones(grade: Grade, evidence: Evidence) -> Grade:
    """`grade` with the task's milestones.

    A pass stays as it is, and so does a contaminated answer. Otherwise the value is the larger of
    the grader's own and SHARE x (weight reached / weight of all).
    """
    milestones = evidence.task.milestones
    if not milestones:
        return grade
    reached = {each.name: float(_reached(each.evidence, evidence)) for each in milestones}
    total = sum(each.weight for each in milestones)
    weight = sum(each.weight * reached[each.name] for each in milestones)
    settled = grade.passed or CONTAMINATION in grade.evidence
    value = grade.value if settled else max(grade.value, SHARE * weight / total)
    return grade.model_copy(update={"milestones": {**grade.milestones, **reached}, "value": value})


def _reached(wanted: MilestoneEvidence, evidence: Evidence) -> bool:
    text = fill(wanted.contains, evidence.secrets)
    if wanted.transcript:
        return any(text in output for output in evidence.tool_outputs())
    if wanted.service_log is not None:
        return text in evidence.logs.get(wanted.service_log, "")
    if wanted.file is not None:
        return text in (evidence.text(wanted.file) or "")
    probe = evidence.probe(wanted.probe or "")
    return probe is not None and text in probe.stdout
