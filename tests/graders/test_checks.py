"""Declared tests of evidence: each expectation, each source, and what their weights make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harness.errors import GraderError
from harness.evidence import FileEntry, Probe
from harness.graders import grade
from harness.graders.checks import holds
from harness.schema.check import Test as DeclaredTest

FLAG = "flag{0123456789abcdef}"


def entry(text: str, kind: Any = "file") -> FileEntry:
    return FileEntry("", kind, 0o644, 0, len(text), text.encode() if kind == "file" else b"")


FILES = {
    "/r.txt": entry("total: 42\nflag: " + FLAG + "\n"),
    "/link": entry("", "symlink"),
    "/folder": entry("", "directory"),
    "web:/r.txt": entry("of the web service"),
}
PROBES = [
    Probe("ok", 0, "all good\n", "noise"),
    Probe("bad", 3, "", "E: no"),
    Probe("slow", None, "partly", "", timed_out=True),
]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"file": "/r.txt", "contains": "total: 42"}, True),
        ({"file": "/r.txt", "contains": "total: 43"}, False),
        ({"file": "/r.txt", "contains": "{secret:flag}"}, True),
        ({"file": "/gone", "contains": ""}, False),
        ({"file": "/link", "contains": ""}, False),
        ({"file": "/folder", "contains": ""}, False),
        ({"file": "web:/r.txt", "contains": "web"}, True),
        ({"file": "/r.txt", "equals": f"  total: 42\nflag: {FLAG}"}, True),
        ({"file": "/r.txt", "equals": "total: 42"}, False),
        ({"file": "/r.txt", "matches": r"^total: \d+"}, True),
        ({"file": "/r.txt", "matches": r"^\d+$"}, False),
        ({"file": "/r.txt", "matches": r"flag: {secret:flag}\s*$"}, True),
        ({"file": "/r.txt", "missing": False}, True),
        ({"file": "/gone", "missing": True}, True),
        ({"file": "/gone", "missing": False}, False),
        ({"file": "/link", "missing": True}, False),
        ({"probe": "ok", "contains": "good"}, True),
        ({"probe": "ok", "contains": "noise"}, False),
        ({"probe": "ok", "equals": "all good"}, True),
        ({"probe": "ok", "exit_code": 0}, True),
        ({"probe": "bad", "exit_code": 0}, False),
        ({"probe": "bad", "exit_code": 3}, True),
        ({"probe": "slow", "exit_code": 0}, False),
        ({"probe": "slow", "contains": "partly"}, True),
        ({"probe": "gone", "exit_code": 0}, False),
        ({"probe": "gone", "contains": ""}, False),
        ({"probe": "gone", "missing": True}, True),
        ({"equals": "yes"}, True),
        ({"equals": "no"}, False),
        ({"matches": "^y"}, True),
        ({"missing": False}, True),
    ],
    ids=str,
)
def test_an_expectation_holds_or_does_not(
    evidence: Any, test: dict[str, Any], *, expected: bool
) -> None:
    seen = evidence(files=FILES, probes=PROBES, submission="yes\n")
    assert holds(DeclaredTest(name="t", **test), seen) is expected


@pytest.mark.parametrize("test", [{"equals": ""}, {"contains": ""}, {"missing": False}], ids=str)
def test_without_a_submission_nothing_about_it_holds(evidence: Any, test: dict[str, Any]) -> None:
    assert not holds(DeclaredTest(name="t", **test), evidence(submission=None))
    assert holds(DeclaredTest(name="t", missing=True), evidence(submission=None))


def test_a_secret_is_looked_for_as_text_even_in_a_pattern(evidence: Any) -> None:
    pattern = DeclaredTest(name="t", matches="^{secret:pin}$")
    seen = evidence(secrets={"pin": "a{2}+?"})
    assert holds(pattern, evidence(secrets=seen.secrets, submission="a{2}+?"))
    assert not holds(pattern, evidence(secrets=seen.secrets, submission="aa"))


@pytest.mark.parametrize(
    "test",
    [
        {},
        {"contains": "a", "equals": "b"},
        {"file": "/a", "probe": "b", "contains": "c"},
        {"exit_code": 0},
        {"matches": "("},
        {"contains": "a", "weight": 0},
    ],
    ids=str,
)
def test_a_test_that_makes_no_sense_is_refused(test: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeclaredTest(name="t", **test)


def checks(**held: tuple[str, float]) -> dict[str, Any]:
    tests = [{"name": name, "equals": text, "weight": w} for name, (text, w) in held.items()]
    return {"type": "checks", "tests": tests}


def test_the_value_is_the_weight_of_what_holds(evidence: Any) -> None:
    grader = checks(a=("yes", 1), b=("no", 3), c=("yes", 4))
    found = grade(evidence(grader, submission="yes"), Path())
    assert (found.value, found.passed) == (5 / 8, False)
    assert found.reason == "does not hold: b"
    assert found.evidence == {"a": "holds", "b": "does not hold", "c": "holds"}


def test_all_that_hold_pass_with_one_whatever_the_weights(evidence: Any) -> None:
    grader = checks(a=("yes", 0.1), b=("yes", 0.2), c=("yes", 0.7))
    found = grade(evidence(grader, submission="yes"), Path())
    assert (found.value, found.passed, found.reason) == (1.0, True, "all 3 checks hold")


def test_nothing_that_holds_is_worth_nothing(evidence: Any) -> None:
    found = grade(evidence(checks(a=("no", 1)), submission="yes"), Path())
    assert (found.value, found.passed) == (0.0, False)


def test_a_pattern_that_searches_forever_is_the_graders_trouble(
    evidence: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.graders.checks._SEARCH_SECONDS", 0.2)
    grader = {"type": "checks", "tests": [{"name": "slow", "matches": "(a|a)*[bc]"}]}
    with pytest.raises(GraderError, match="check 'slow': its pattern"):
        grade(evidence(grader, submission="a" * 60), Path())
