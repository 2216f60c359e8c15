"""What the database and the watch saw of the rotation, and the night's job run once at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plan import HOSTS, make_plan

from harness import Evidence, Grade

REFUSED = 401


def grade(evidence: Evidence) -> Grade:
    """Passed when everybody uses a new credential, the old one is refused, and nobody was, ever."""
    plan = make_plan(evidence.secrets["seed"])
    account, watched = read_probe(evidence, "account"), read_probe(evidence, "consumers")
    new = {each for each in account.get("valid", []) if each in account.get("made", [])}
    uses = account.get("last_uses", {})
    renewed = [name for name, _ in plan.consumers.values() if uses.get(name, {}).get("id") in new]
    consumers = len(renewed) == len(HOSTS) and watched.get("serving") == list(HOSTS)
    ran = evidence.probe(f"job-{plan.job_host}")
    job = ran is not None and ran.exit_code == 0 and uses.get(plan.job, {}).get("id") in new
    replaced = consumers and account.get("old") == REFUSED
    counted = watched.get("sent", {})
    milestones = {
        "there is a new credential": bool(new),
        "a consumer uses it": bool(renewed),
        "all three consumers use it": consumers,
        "the nightly job uses it": job,
        "the old credential is refused": replaced,
        "no consumer was refused": replaced and not any(account.get("refused", {}).values()),
        "consumers served all the time": replaced
        and all(counted.get(host, 0) > 0 for host in HOSTS)
        and not any(watched.get("failed", {}).values()),
    }
    faults = [name for name, reached in milestones.items() if not reached]
    return Grade(
        value=sum(milestones.values()) / len(milestones),
        passed=not faults,
        reason=f"not reached: {', '.join(faults)}" if faults else "rotated, and nobody noticed",
        milestones={name: float(reached) for name, reached in milestones.items()},
        evidence=dict.fromkeys(milestones, "account")
        | {"consumers served all the time": "consumers"}
        | {"the nightly job uses it": f"job-{plan.job_host}"},
    )


def read_probe(evidence: Evidence, name: str) -> Mapping[str, Any]:
    """What a probe found; empty when it could not be run."""
    probe = evidence.probe(name)
    try:
        found = json.loads(probe.stdout) if probe and probe.exit_code == 0 else {}
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}
