"""checks: declared tests of evidence, each with a weight."""

from __future__ import annotations

import re
from collections.abc import Mapping

import regex

from harness.errors import GraderError
from harness.evidence import Evidence
from harness.results import Grade
from harness.schema.check import SECRET_SLOT, Test
from harness.schema.task import ChecksGrader

_SEARCH_SECONDS = 10.0


def grade_checks(evidence: Evidence, grader: ChecksGrader) -> Grade:
    """The weight of the tests that hold; passed when all of them do."""
    held = {test.name: holds(test, evidence) for test in grader.tests}
    total = sum(test.weight for test in grader.tests)
    reached = sum(test.weight for test in grader.tests if held[test.name])
    failed = [name for name, good in held.items() if not good]
    reason = f"does not hold: {'; '.join(failed)}" if failed else f"all {len(held)} checks hold"
    return Grade(
        value=1.0 if not failed else reached / total,
        passed=not failed,
        reason=reason,
        evidence={name: "holds" if good else "does not hold" for name, good in held.items()},
    )


def holds(test: Test, evidence: Evidence) -> bool:
    """Whether one declared test holds. What was not collected holds only `missing = true`."""
    if test.missing is not None:
        there = evidence.files.get(test.file) if test.file else _subject(test, evidence)
        return (there is None) == test.missing
    if test.exit_code is not None:
        probe = evidence.probe(test.probe or "")
        return probe is not None and probe.exit_code == test.exit_code
    subject = _subject(test, evidence)
    if subject is None:
        return False
    if test.contains is not None:
        return fill(test.contains, evidence.secrets) in subject
    if test.equals is not None:
        return subject.strip() == fill(test.equals, evidence.secrets).strip()
    literal = {name: re.escape(value) for name, value in evidence.secrets.items()}
    return _matches(fill(test.matches or "", literal), subject, test.name)


def _matches(pattern: str, subject: str, name: str) -> bool:
    """Whether the pattern is in the agent's text. Raises GraderError when that takes too long."""
    try:
        return regex.search(pattern, subject, timeout=_SEARCH_SECONDS, concurrent=True) is not None
    except TimeoutError as error:
        what = f"its pattern was searched for longer than {_SEARCH_SECONDS:g} s"
        raise GraderError(f"check {name!r}", what, "write a simpler pattern") from error


def _subject(test: Test, evidence: Evidence) -> str | None:
    if test.file is not None:
        return evidence.text(test.file)
    if test.probe is not None:
        probe = evidence.probe(test.probe)
        return probe.stdout if probe else None
    return evidence.submission


def fill(text: str, secrets: Mapping[str, str]) -> str:
    """`text` with each {secret:name} replaced by its value."""
    return SECRET_SLOT.sub(lambda match: secrets.get(match[1], match[0]), text)
