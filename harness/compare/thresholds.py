"""Capability thresholds of a policy, as the candidate stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.compare.side import TaskName, TaskRuns
from harness.schema.policy import Policy, Threshold


def judge_thresholds(tasks: Mapping[TaskName, TaskRuns], policy: Policy) -> list[dict[str, Any]]:
    """Each threshold: tasks that one of the tries passed, of how many, and whether it is reached."""
    return [_judge(each, tasks) for each in policy.thresholds]


def threshold_reasons(who: str, judged: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why the gate closes: what is reached or may be, and nobody has signed."""
    return [
        f"{who}threshold {each['name']!r}: {each['verdict']}, {len(each['passed'])} of "
        f"{each['tasks']} tasks of {each['suite']}"
        for each in judged
        if each["verdict"] != "not reached" and not each["signed"]
    ]


def _judge(threshold: Threshold, tasks: Mapping[TaskName, TaskRuns]) -> dict[str, Any]:
    members = {name: runs for name, runs in tasks.items() if name.suite == threshold.suite}
    passed, short = [], []
    for name, runs in members.items():
        tries = runs.values("passed")[: threshold.tries]
        if any(tries):
            passed.append(str(name))
        elif len(tries) < (threshold.tries or runs.planned):
            short.append(str(name))
    needed = threshold.share * len(members)
    reached = bool(members) and len(passed) >= needed
    # What has not been tried often enough might have passed.
    open_ = not reached and (not members or len(passed) + len(short) >= needed)
    return {
        "name": threshold.name,
        "suite": threshold.suite,
        "tasks": len(members),
        "passed": passed,
        "too_few_tries": short,
        "verdict": "reached" if reached else "cannot tell" if open_ else "not reached",
        "signed": threshold.signed,
    }
