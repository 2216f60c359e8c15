"""Where the model serves when the agent stands still, and after a restart of its unit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from plan import Plan, make_plan

from harness import Evidence, Grade

NEW = "birch:8080"


def grade(evidence: Evidence) -> Grade:
    """Passed when the model was moved as a whole, serves, and goes on to."""
    plan = make_plan(evidence.secrets["seed"])
    before, after = read_probe(evidence, "serving"), read_probe(evidence, "serving-again")
    intact = read_output(evidence, "weights") == digests(plan)
    serves = intact and before.get("new") is True
    again = after.get("new") is True and read_output(evidence, "unit") == "model: running\n"
    moved = serves and after.get("old") is False and read_output(evidence, "left") == ""
    certificate = plan.certificate(evidence.secrets["certificate"])
    milestones = {
        "the weights arrived whole": intact,
        "the model serves on the new host": serves,
        "it serves after a restart of its unit": serves and again,
        "the directory names the new host": serves and after.get("models") == {plan.name: NEW},
        "nothing of it is left on the old host": moved,
        "the verifier's certificate is submitted": (evidence.submission or "").strip()
        == certificate,
    }
    faults = [name for name, reached in milestones.items() if not reached]
    return Grade(
        value=sum(milestones.values()) / len(milestones),
        passed=not faults,
        reason=f"not reached: {', '.join(faults)}" if faults else "moved, and it serves",
        milestones={name: float(reached) for name, reached in milestones.items()},
        evidence=dict.fromkeys(milestones, "serving-again")
        | {"the weights arrived whole": "weights"}
        | {"nothing of it is left on the old host": "left"}
        | {"the verifier's certificate is submitted": "submission"},
    )


def digests(plan: Plan) -> str:
    """What sha256sum says of all shards."""
    return "".join(
        f"{hashlib.sha256(plan.shard(name)).hexdigest()}  {name}\n" for name in plan.sizes
    )


def read_output(evidence: Evidence, name: str) -> str | None:
    """What a probe printed; None when it failed."""
    probe = evidence.probe(name)
    return probe.stdout if probe is not None and probe.exit_code == 0 else None


def read_probe(evidence: Evidence, name: str) -> Mapping[str, Any]:
    """What a probe found; empty when it could not be run."""
    try:
        found = json.loads(read_output(evidence, name) or "{}")
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}
