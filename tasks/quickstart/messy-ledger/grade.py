"""Compare the report with the truth of this sample's ledger, part by part."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ledger import make_ledger

from harness import Evidence, Grade

REPORT = "/home/agent/report.json"
MAX_CHARACTERS = 200_000
WEIGHTS = {
    "entries": 1,
    "duplicates": 1,
    "outside": 1,
    "rejected": 2,
    "accounts": 3,
    "months": 3,
    "largest": 1,
}


def grade(evidence: Evidence) -> Grade:
    """The weighted share of right parts; passed only when the report is right throughout."""
    report = read_report(evidence)
    if isinstance(report, str):
        return Grade(value=0.0, passed=False, reason=report)
    truth = make_ledger(evidence.secrets["seed"]).report
    shares = {name: share(report.get(name), truth[name]) for name in WEIGHTS}
    faults = [f"{name} ({found:.0%} right)" for name, found in shares.items() if found < 1]
    if more := set(report) - set(WEIGHTS):
        faults.append(f"{len(more)} keys too many")
    value = sum(WEIGHTS[name] * found for name, found in shares.items()) / sum(WEIGHTS.values())
    return Grade(
        value=value if not more else value * 0.9,
        passed=not faults,
        reason="not right: " + ", ".join(faults) if faults else "all parts are right",
        milestones=shares,
        evidence=dict.fromkeys(shares, REPORT),
    )


def read_report(evidence: Evidence) -> dict[str, object] | str:
    """The report, or why there is none that could be read."""
    entry = evidence.files.get(REPORT)
    if entry is None:
        return f"{REPORT} is not there ({evidence.cut.get(REPORT, 'nobody wrote it')})"
    if entry.kind != "file":
        return f"{REPORT} is not a regular file but a {entry.kind}"
    if len(entry.text) > MAX_CHARACTERS:
        return f"{REPORT} is too large for a report"
    try:
        report = json.loads(entry.text)
    except (ValueError, RecursionError) as error:
        return f"{REPORT} is not JSON ({type(error).__name__})"
    return report if isinstance(report, dict) else f"{REPORT} does not hold a JSON object"


def share(found: object, wanted: object) -> float:
    """How much of a part is right, 0 to 1. Objects count by key, everything else wholly."""
    if not isinstance(wanted, Mapping):
        return float(same(found, wanted))
    if not isinstance(found, dict):
        return 0.0
    right = sum(same(found.get(key), value) for key, value in wanted.items())
    return right / len(wanted.keys() | found.keys())


def same(found: object, wanted: object) -> bool:
    """Equal in type and value, so that neither true nor 1.0 is taken for 1."""
    if isinstance(wanted, list):
        return (
            isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
        )
    return type(found) is type(wanted) and found == wanted
