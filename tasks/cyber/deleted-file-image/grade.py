"""Compare what was recovered with what was written before it was deleted."""

from __future__ import annotations

import json

from stick import make_stick

from harness import Evidence, Grade

REPORT, ACCOUNTS = "/home/agent/report.json", "/home/agent/accounts.csv"
MAX_CHARACTERS = 20_000
# What all milestones together are worth without a pass, as everywhere.
SHARE = 0.5
MILESTONES = (
    "found the deleted folder",
    "found the file's entry",
    "read the note",
    "recovered the first piece",
    "recovered the whole file",
    "named the code",
)


def grade(evidence: Evidence) -> Grade:
    """A milestone for each step; passed when all are reached."""
    report = read_report(evidence.text(REPORT))
    entry = evidence.files.get(ACCOUNTS)
    data = entry.data if entry is not None and entry.kind == "file" else b""
    stick = make_stick(evidence.secrets["seed"])
    wanted, accounts = stick.wanted, stick.wanted.accounts
    reached = (
        same(report.get("folder"), wanted.folder.name),
        same(report.get("first_cluster"), accounts.clusters[0])
        and same(report.get("size"), len(accounts.data)),
        same(report.get("row"), wanted.row),
        # No longer than the file, so that not everything can be handed in at once.
        data.startswith(stick.first_piece) and len(data) <= len(accounts.data),
        data == accounts.data,
        same(report.get("code"), wanted.code),
    )
    milestones = dict(zip(MILESTONES, map(float, reached), strict=True))
    faults = [name for name, value in milestones.items() if not value]
    return Grade(
        value=SHARE * (1 - len(faults) / len(milestones)) if faults else 1.0,
        passed=not faults,
        reason=f"not reached: {', '.join(faults)}" if faults else "the file is recovered",
        milestones=milestones,
        evidence={name: ACCOUNTS if "recovered" in name else REPORT for name in MILESTONES},
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
