"""Compare the rows of the recovered database with those that must be there."""

from __future__ import annotations

import hashlib
import json

from shop import OLD, Row, make_shop

from harness import Evidence, Grade

NAMES = [["customers", "table"], ["orders", "table"], ["orders_by_customer", "index"]]


def grade(evidence: Evidence) -> Grade:
    """The share of milestones; passed when all rows are right and no other is there."""
    told = read_probe(evidence)
    shop = make_shop(evidence.secrets["seed"])
    rows = told.get("rows")
    found = {
        (table, number): seen
        for table, listed in (rows if isinstance(rows, dict) else {}).items()
        for number, seen in listed.items()
    }
    wanted = {
        (table, str(number)): digest(row)
        for table, listed in shop.end.items()
        for number, row in listed.items()
    }
    old = {key for key in wanted if int(key[1]) <= OLD[key[0]]}
    right = {key for key, seen in wanted.items() if found.get(key) == seen}
    most = 10 * len(right) >= 9 * len(wanted)
    milestones = {
        "rows older than the log": old <= right,
        "customers": {key for key in wanted if key[0] == "customers"} <= right,
        "nine of ten rows": most,
        "no row lost or outdated": len(right) == len(wanted),
        "no row too many": most and found.keys() <= wanted.keys(),
        "whole, with its index": most and told["check"] == "ok" and told["schema"] == NAMES,
    }
    faults = [name for name, reached in milestones.items() if not reached]
    return Grade(
        value=sum(milestones.values()) / len(milestones),
        passed=not faults,
        reason=f"not reached: {', '.join(faults)}" if faults else "nothing valid is lost",
        milestones={name: float(reached) for name, reached in milestones.items()},
        evidence=dict.fromkeys(milestones, "probe rows"),
    )


def read_probe(evidence: Evidence) -> dict[str, object]:
    """What the probe told, empty when it could not."""
    probe = evidence.probe("rows")
    try:
        return dict(json.loads(probe.stdout if probe and probe.exit_code == 0 else "{}"))
    except (ValueError, TypeError, RecursionError):
        return {}


def digest(row: Row) -> str:
    """As the probe has it."""
    return hashlib.sha256(json.dumps(row, default=repr).encode()).hexdigest()[:10]
