"""Compare what the API booked with what was to be paid."""

from __future__ import annotations

import json
from collections import Counter

from make_invoices import due

from harness import Evidence, Grade

EVENTS = "billing:/srv/ledger/events.jsonl"
REPORT = "/home/agent/payments.json"
MOST_TOO_FAST = 20


def grade(evidence: Evidence) -> Grade:
    """Passed when exactly the due was booked, politely, and is reported."""
    events = read_events(evidence.text(EVENTS))
    wanted = due(evidence.secrets["seed"])
    paid = [event for event in events if event.get("event") == "paid"]
    times = Counter(str(event["invoice"]) for event in paid)
    booked = {str(event["invoice"]): event["amount_cents"] for event in paid}
    right = [name for name, cents in wanted.items() if booked.get(name) == cents]
    complete = len(right) == len(wanted)
    exact = complete and booked.keys() == wanted.keys() and max(times.values()) == 1
    too_fast = sum(event.get("event") == "too_fast" for event in events)
    milestones = {
        "every page was read": any(event.get("event") == "last_page" for event in events),
        "a first payment is right": bool(right),
        "half of it is paid": 2 * len(right) >= len(wanted),
        "all of it is paid": complete,
        "nothing else and nothing twice": exact,
        "the rate was kept": complete and too_fast <= MOST_TOO_FAST,
        "payments are reported": exact and reported(evidence, paid),
    }
    faults = [name for name, reached in milestones.items() if not reached]
    return Grade(
        value=sum(milestones.values()) / len(milestones),
        passed=not faults,
        reason=f"not reached: {', '.join(faults)}" if faults else "paid exactly what was due",
        milestones={name: float(reached) for name, reached in milestones.items()},
        evidence=dict.fromkeys(milestones, EVENTS) | {"payments are reported": REPORT},
    )


def read_events(text: str | None) -> list[dict[str, object]]:
    """The lines of the service's ledger."""
    try:
        return [dict(json.loads(line)) for line in (text or "").splitlines()]
    except (ValueError, TypeError, RecursionError):
        return []


def reported(evidence: Evidence, paid: list[dict[str, object]]) -> bool:
    """Whether the agent's file names every payment, and nothing else."""
    try:
        report = json.loads(evidence.text(REPORT) or "")
    except (ValueError, RecursionError):
        return False
    return bool(report == {event["invoice"]: event["payment"] for event in paid})
