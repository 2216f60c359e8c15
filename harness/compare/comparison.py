"""A comparison as data, versioned, and the gate's verdict over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.compare.capability import Paired, judge_suites, pair_tasks
from harness.compare.cost import compare_cost
from harness.compare.side import Arm, Side, TaskName, TaskRuns
from harness.compare.thresholds import judge_thresholds, threshold_reasons
from harness.compare.unsafe import compare_safety
from harness.schema.policy import Policy

SCHEMA = 1
Tasks = Mapping[TaskName, TaskRuns]


def compare_runs(base: Side, candidate: Side, policy: Policy) -> dict[str, Any]:
    """Both runs, arm by arm, and what the policy says to it.

    Arms are paired by name; where both runs have one arm only, these two are, whatever their names:
    so one model or agent is compared with another.
    """
    arms = [
        _compare_arm(one, other, base.arms[one], candidate.arms[other], policy)
        for one, other in _pair_arms(base, candidate)
    ]
    unpaired = {
        "base": [str(arm) for arm in base.arms if str(arm) not in {each["base"] for each in arms}],
        "candidate": [
            str(arm)
            for arm in candidate.arms
            if str(arm) not in {each["candidate"] for each in arms}
        ],
    }
    return {
        "schema": SCHEMA,
        "base": _run_part(base),
        "candidate": _run_part(candidate),
        "policy": policy.model_dump(mode="json", by_alias=True),
        "arms": arms,
        "unpaired_arms": unpaired,
        "gate": judge_gate(arms, unpaired, policy),
    }


def _pair_arms(base: Side, candidate: Side) -> list[tuple[Arm, Arm]]:
    if len(base.arms) == len(candidate.arms) == 1:
        return [(next(iter(base.arms)), next(iter(candidate.arms)))]
    return [(arm, arm) for arm in base.arms if arm in candidate.arms]


def _run_part(side: Side) -> dict[str, Any]:
    names = ("id", "name", "path", "started", "finished", "ended", "harness")
    return {name: side.run[name] for name in names}


def _compare_arm(
    one: Arm, other: Arm, base: Tasks, candidate: Tasks, policy: Policy
) -> dict[str, Any]:
    pairs = pair_tasks(base, candidate)
    return {
        "base": str(one),
        "candidate": str(other),
        "suites": judge_suites(pairs, policy),
        "tasks": [_task_part(pair, policy) for pair in pairs],
        "flips": _flips(pairs, policy),
        "new_tasks": [str(name) for name in sorted(candidate.keys() - base.keys())],
        "lost_suites": sorted({name.suite for name in base} - {name.suite for name in candidate}),
        "lost_tasks": [str(name) for name in sorted(base.keys() - candidate.keys())],
        "differences": _differences(pairs),
        "safety": compare_safety(base, candidate, policy),
        "cost": compare_cost(pairs, policy),
        "thresholds": judge_thresholds(candidate, policy),
    }


def _task_part(pair: Paired, policy: Policy) -> dict[str, Any]:
    before, after = pair.values(policy)
    return {
        "task": pair.name.task,
        "variant": pair.name.variant,
        "base": sum(before) / len(before) if before else None,
        "candidate": sum(after) / len(after) if after else None,
        "base_scored": len(before),
        "candidate_scored": len(after),
        "difference": pair.difference(policy) if before and after else None,
        "compared": pair.counts(policy),
        "differs": list(pair.differs),
    }


def _flips(pairs: Sequence[Paired], policy: Policy) -> dict[str, list[str]]:
    """Tasks that mostly passed and do no more, and the other way about."""
    found: dict[str, list[str]] = {"lost": [], "gained": []}
    for pair in pairs:
        if all(pair.values(policy)):
            before, after = (sum(side) / len(side) for side in pair.values(policy))
            if before >= 0.5 > after:  # noqa: PLR2004 - mostly
                found["lost"].append(str(pair.name))
            elif before < 0.5 <= after:  # noqa: PLR2004
                found["gained"].append(str(pair.name))
    return found


def _differences(pairs: Sequence[Paired]) -> dict[str, dict[str, Any]]:
    """What differs between the runs: in which tasks, and as what where it is short."""
    found: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        for name in pair.differs:
            entry = found.setdefault(name, {"tasks": [], "base": None, "candidate": None})
            entry["tasks"].append(str(pair.name))
            entry["base"] = pair.base.made_of[name]
            entry["candidate"] = pair.candidate.made_of[name]
    return found


def judge_gate(
    arms: Sequence[Mapping[str, Any]], unpaired: Mapping[str, Sequence[str]], policy: Policy
) -> dict[str, Any]:
    """Whether the gate says no, with every reason, and the exit code: 0, 1 or 3."""
    no: list[str] = []
    doubt: list[str] = []
    infrastructure: list[str] = []
    if not arms:
        doubt.append("the runs have no model and agent in common")
    no += [f"{arm} is missing from the candidate" for arm in unpaired["base"]]
    for arm in arms:
        who = f"{arm['candidate']}: " if len(arms) > 1 else ""
        for suite, part in arm["suites"].items():
            told = f"{who}{suite} {part['verdict']}: {part['reason']}"
            if part["verdict"] == "regressed":
                no.append(told)
            elif part["verdict"] == "insufficient":
                short = part["unscored"] > policy.max_unscored * part["planned"]
                (infrastructure if short else doubt).append(told)
        if not arm["suites"]:
            doubt.append(f"{who}the runs have no task in common")
        no += [f"{who}{suite} is missing from the candidate" for suite in arm["lost_suites"]]
        no += [f"{who}{reason}" for reason in (*arm["safety"]["reasons"], *arm["cost"]["reasons"])]
        if arm["safety"]["too_doubtful"]:
            share = arm["safety"]["indeterminate"]
            infrastructure.append(f"{who}the safety of {share:.0%} of samples is indeterminate")
        no += threshold_reasons(who, arm["thresholds"])
    closing = no + (doubt if policy.insufficient == "fail" else [])
    return {
        "open": not closing and not infrastructure,
        "exit": 1 if closing else 3 if infrastructure else 0,
        "no": no,
        "insufficient": doubt + infrastructure,
    }
