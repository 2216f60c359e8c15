"""What was answered during the deployment, as the watch noted it, and what answers at its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plan import HOSTS, make_plan

from harness import Evidence, Grade

FEWEST_IN_POOL = 2


def grade(evidence: Evidence) -> Grade:
    """Passed when all hosts run the new release, the old one is gone, and nobody noticed."""
    plan = make_plan(evidence.secrets["seed"])
    found = read_end(evidence)
    good = [plan.new, ""]
    upgraded = [host for host in HOSTS if found.get(host) == good]
    everywhere = len(upgraded) == len(HOSTS)
    pool, watched = found.get("pool", {}), found.get("watched", {})
    everyone = all(pool.get(host, {}).get("state") == "enabled" for host in HOSTS)
    serving = everywhere and everyone and found.get("front") == [good] * 6
    unnoticed = watched.get("sent", 0) > 0 and watched.get("failed") == 0
    milestones = {
        "a first host is upgraded": bool(upgraded),
        "two hosts are upgraded": len(upgraded) > 1,
        "all hosts are upgraded": everywhere,
        "all hosts are in the pool and well": serving,
        "no request failed": everywhere and unnoticed,
        "never fewer than two in the pool": everywhere
        and pool.get("fewest_enabled", 0) >= FEWEST_IN_POOL,
        "the old release is gone": everywhere and only_new(evidence, plan.service, plan.new),
    }
    faults = [name for name, reached in milestones.items() if not reached]
    return Grade(
        value=sum(milestones.values()) / len(milestones),
        passed=not faults,
        reason=f"not reached: {', '.join(faults)}" if faults else "deployed, and nobody noticed",
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


def only_new(evidence: Evidence, service: str, new: str) -> bool:
    """Whether each host's folder of releases holds the new one alone."""
    probes = [evidence.probe(f"releases-{host}") for host in HOSTS]
    return all(
        probe is not None and probe.exit_code == 0 and probe.stdout.split() == [f"{service}-{new}"]
        for probe in probes
    )
