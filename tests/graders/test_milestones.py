"""Milestones: half of the value at most, for what can be seen on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import FileEntry, Probe
from harness.graders import grade
from harness.graders.milestones import with_milestones
from harness.results import Grade

FLAG = "flag{0123456789abcdef}"
FILES = {"/r.txt": FileEntry("/r.txt", "file", 0o644, 0, 4, b"done")}
SEEN: dict[str, Any] = {
    "files": FILES,
    "probes": [Probe("status", 1, "up since noon", "stderr only")],
    "logs": {"web": "GET /index\nGET /admin\n"},
}


def milestone(name: str, weight: float = 1, **shown: Any) -> dict[str, Any]:
    return {"name": name, "weight": weight, "evidence": shown}


def value(evidence: Any, *milestones: dict[str, Any], answer: str | None = None) -> Any:
    return grade(evidence(milestones=list(milestones), submission=answer, **SEEN), Path())


@pytest.mark.parametrize(
    ("shown", "reached"),
    [
        ({"service_log": "web", "contains": "GET /admin"}, True),
        ({"service_log": "web", "contains": "POST"}, False),
        ({"service_log": "box", "contains": "GET"}, False),
        ({"file": "/r.txt", "contains": "done"}, True),
        ({"file": "/r.txt", "contains": "begun"}, False),
        ({"file": "/gone", "contains": "done"}, False),
        ({"probe": "status", "contains": "up"}, True),
        ({"probe": "status", "contains": "stderr"}, False),
        ({"probe": "gone", "contains": "up"}, False),
    ],
    ids=str,
)
def test_a_milestone_is_seen_in_its_source_or_not(
    evidence: Any, shown: dict[str, Any], *, reached: bool
) -> None:
    found = value(evidence, milestone("m", **shown))
    assert found.milestones == {"m": float(reached)}
    assert found.value == (0.5 if reached else 0.0)


def tool_result(content: str) -> str:
    return json.dumps({"kind": "tool_result", "content": content}) + "\n"


@pytest.mark.parametrize(
    ("log", "reached"),
    [
        (tool_result("nothing") + tool_result(f"cat: {FLAG}"), 1.0),
        (tool_result("nothing"), 0.0),
        (json.dumps({"kind": "note", "text": FLAG, "content": FLAG}) + "\n", 0.0),
        (json.dumps({"kind": "tool_call", "input": {"command": FLAG}}) + "\n", 0.0),
        (tool_result("nothing") + tool_result(FLAG)[:-2], 0.0),
        ("", 0.0),
    ],
    ids=["shown", "not shown", "a note", "asked for", "torn line", "empty log"],
)
def test_only_what_a_tool_gave_back_counts_as_transcript(
    evidence: Any, log: str, reached: float
) -> None:
    made = evidence(milestones=[milestone("m", transcript=True, contains="{secret:flag}")])
    made.transcript.write_text(log)
    assert grade(made, Path()).milestones == {"m": reached}


def test_what_is_reached_counts_by_weight_for_half_of_the_value(evidence: Any) -> None:
    here = {"file": "/r.txt", "contains": "done"}
    there = {"file": "/r.txt", "contains": "never"}
    found = value(evidence, milestone("a", 1, **here), milestone("b", 3, **there))
    assert (found.value, found.passed) == (0.5 * 1 / 4, False)
    assert found.milestones == {"a": 1.0, "b": 0.0}


def test_a_pass_stays_whole_whatever_milestones_were_missed(evidence: Any) -> None:
    missed = milestone("m", file="/gone", contains="x")
    found = value(evidence, missed, answer=FLAG)
    assert (found.value, found.passed, found.milestones) == (1.0, True, {"m": 0.0})


def test_a_pass_keeps_the_value_that_the_grader_gave_it(evidence: Any) -> None:
    made = evidence(milestones=[milestone("m", file="/r.txt", contains="done")], **SEEN)
    found = with_milestones(Grade(value=0.2, passed=True, reason="slow but right"), made)
    assert (found.value, found.passed, found.milestones) == (0.2, True, {"m": 1.0})


def test_milestones_never_lower_a_graders_own_value(evidence: Any) -> None:
    tests = [{"name": n, "equals": e} for n, e in (("a", "x"), ("b", "x"), ("c", "x"), ("d", "y"))]
    made = evidence(
        {"type": "checks", "tests": tests},
        [milestone("m", file="/r.txt", contains="done")],
        submission="x",
        **SEEN,
    )
    assert grade(made, Path()).value == 0.75


def test_without_milestones_the_grade_is_the_graders(evidence: Any) -> None:
    found = value(evidence, answer="wrong")
    assert (found.value, found.milestones) == (0.0, {})
