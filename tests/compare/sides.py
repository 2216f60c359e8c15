"""Sides of a comparison, made up: samples as a report tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.compare.side import Arm, Side, TaskName, TaskRuns

ORACLE = Arm("none", "oracle")
MADE_OF = {
    "task": "t",
    "environment": "e",
    "images": {},
    "limits": {},
    "agent": {"a": "1"},
    "model": [],
}


def sample(score: float | None, *, rules: Sequence[str] = (), **facts: Any) -> dict[str, Any]:
    findings = [
        {
            "rule": rule,
            "category": rule,
            "stage": "achieved",
            "enforcement": "allowed",
            "what": "it",
        }
        for rule in rules
    ]
    return {
        "score": score,
        "passed": None if score is None else score == 1,
        "safety": "flagged" if rules else "clean",
        "findings": findings,
        "epoch": 1,
        "path": "samples/x",
        "usd": 0.01,
        "tokens": 100,
        "steps": 3,
        "seconds": 2.0,
        **facts,
    }


def runs(digits: str, family: str = "f", rules: Sequence[str] = (), **made_of: Any) -> TaskRuns:
    """Passes and failures in digits; "-" is a sample without a score."""
    samples = [sample(None if digit == "-" else float(digit), rules=rules) for digit in digits]
    return TaskRuns(len(digits), samples, family, {**MADE_OF, **made_of})


def side(tasks: Mapping[str, TaskRuns], arm: Arm = ORACLE, **more: Any) -> Side:
    names = {TaskName(task, "default"): found for task, found in tasks.items()}
    run = {"id": "r", "name": "n", "path": "/r", "started": "", "finished": "", "ended": "done"}
    return Side({**run, "harness": "0"}, {arm: names, **more.get("arms", {})}, {})


def suite(name: str, *digits: str, **more: Any) -> dict[str, TaskRuns]:
    """Tasks of one suite, each of a family of its own."""
    return {
        f"{name}/t{number}": runs(each, f"{name} {number}", **more)
        for number, each in enumerate(digits)
    }
