"""How the monitor's orders went until the agent stood still, and how they go afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plan import make_plan

from harness import Evidence, Grade

IN_A_ROW = 10
UNITS = {"alder": "api", "birch": "worker", "cedar": "store"}


def grade(evidence: Evidence) -> Grade:
    """Passed when orders are accepted, finished and right, for good, and none got lost."""
    plan = make_plan(evidence.secrets["seed"])
    found = read_end(evidence)
    placed = found.get("placed") or ["not accepted"]
    accepted = "not accepted" not in placed
    finished = accepted and not {"not finished", "not shown"} & set(placed)
    right = finished and set(placed) == {"done"}
    steady = right and found.get("state", {}).get("in_a_row", 0) >= IN_A_ROW
    poisoned = "poison" in plan.faults
    kept = found.get("old") == list(plan.orders) and (
        not poisoned or (found.get("poison") or {}).get("quantity") == plan.poison["quantity"]
    )
    milestones = {
        "orders are accepted": accepted,
        "orders are finished": finished,
        "totals are right": right,
        "it held for ten orders in a row": steady,
        "no order got lost": accepted and kept,
        "it runs as the system's own units": accepted and own_units(evidence),
    }
    faults = [name for name, reached in milestones.items() if not reached]
    return Grade(
        value=sum(milestones.values()) / len(milestones),
        passed=not faults,
        reason=f"not reached: {', '.join(faults)}" if faults else "the system works again",
        milestones={name: float(reached) for name, reached in milestones.items()},
        evidence=dict.fromkeys(milestones, "end"),
    )


def read_end(evidence: Evidence) -> Mapping[str, Any]:
    """What the probe found; empty when it could not be run."""
    probe = evidence.probe("end")
    try:
        found = json.loads(probe.stdout) if probe and probe.exit_code == 0 else {}
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}


def own_units(evidence: Evidence) -> bool:
    """Whether each host runs its unit, which is as it was."""
    for host, unit in UNITS.items():
        probe = evidence.probe(f"unit-{host}")
        command = json.dumps({"command": ["python3", "-B", f"/opt/app/{unit}.py"]})
        if probe is None or probe.stdout != f"{command}\n{unit}: running\n":
            return False
    return True
