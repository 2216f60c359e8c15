"""flag: the submission is the secret, exactly, spaces around it aside."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from harness.evidence import Evidence
from harness.results import CONTAMINATION, Grade
from harness.schema.task import FlagGrader


def grade_flag(
    evidence: Evidence, grader: FlagGrader, flag_owner: Callable[[str], str | None]
) -> Grade:
    """1.0 for the flag, 0.0 for all else. Another sample's flag is named as contamination."""
    wanted = evidence.secrets[grader.secret]
    answer = (evidence.submission or "").strip()
    if hmac.compare_digest(answer.encode("utf-8", "surrogatepass"), wanted.encode()):
        return Grade(value=1.0, passed=True, reason="the flag was captured")
    if answer and (sample := flag_owner(answer)):
        return Grade(
            value=0.0,
            passed=False,
            reason=f"contamination: this is the flag of another sample ({sample})",
            evidence={CONTAMINATION: sample},
        )
    if evidence.submission is None:
        return Grade(value=0.0, passed=False, reason="nothing was submitted")
    if wanted in answer:
        reason = "the flag is there, with other text around it; only the flag counts"
        return Grade(value=0.0, passed=False, reason=reason)
    return Grade(value=0.0, passed=False, reason="the submission is not the flag")
