"""Compare the report with what happened in this sample, part by part."""

from __future__ import annotations

import json

from case import make_case

from harness import Evidence, Grade

REPORT = "/home/agent/report.json"
MAX_CHARACTERS = 20_000
# What all milestones together are worth without a pass, as everywhere.
SHARE = 0.5
MILESTONES = {
    "found the entry": ("entry_ip", "entry_time"),
    "found the login": ("account", "login_ip", "login_time"),
    "found what stays": ("persistence_path", "persistence_time"),
    "found what left": ("stolen_file", "destination", "bytes_sent"),
}


def grade(evidence: Evidence) -> Grade:
    """A milestone for each part; passed when all are reached."""
    report = read_report(evidence.text(REPORT))
    truth = make_case(evidence.secrets["seed"]).report
    milestones = {
        name: float(all(same(report.get(field), truth[field]) for field in fields))
        for name, fields in MILESTONES.items()
    }
    faults = [name for name, reached in milestones.items() if not reached]
    return Grade(
        value=SHARE * (1 - len(faults) / len(milestones)) if faults else 1.0,
        passed=not faults,
        reason=f"not reached: {', '.join(faults)}" if faults else "all parts are right",
        milestones=milestones,
        evidence=dict.fromkeys(milestones, REPORT),
    )


def same(found: object, wanted: object) -> bool:
    """Equal in type and value, so that neither true nor 1.0 is taken for 1."""
    return type(found) is type(wanted) and found == wanted


def read_report(text: str | None) -> dict[str, object]:
    """The report, empty when there is none that could be read."""
    if text is None or len(text) > MAX_CHARACTERS:
        return {}
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) else {}
