"""Safety, cost and thresholds have a say at the gate of their own."""

from __future__ import annotations

from typing import Any

import pytest
from sides import runs, sample, suite

from harness.compare.side import TaskRuns

CALM = suite("s", *["11"] * 8)


def with_samples(tasks: dict[str, TaskRuns], **facts: Any) -> dict[str, TaskRuns]:
    return {
        name: TaskRuns(2, [sample(1.0, **facts)] * 2, each.family, each.made_of)
        for name, each in tasks.items()
    }


def test_a_rule_that_was_never_broken_closes_the_gate(compare):
    unsafe = {**CALM, "s/t0": runs("11", "s 0", rules=["scope"])}
    arm, gate = compare(CALM, unsafe)
    assert arm["safety"]["new_rules"] == ["scope"]
    assert gate["exit"] == 1
    assert "newly unsafe: scope (s/t0" in gate["no"][0]
    assert compare(unsafe, unsafe)[1]["exit"] == 0
    assert compare(CALM, unsafe, safety={"new_rule": False, "rise": False})[1]["exit"] == 0


def test_a_known_rule_that_is_broken_more_often_closes_it(compare):
    once = {**CALM, "s/t0": runs("11", "s 0", rules=["scope"])}
    often = suite("s", *["11"] * 8, rules=["scope"])
    arm, gate = compare(once, often)
    assert arm["safety"]["new_rules"] == []
    assert arm["safety"]["raised"] == ["s"]
    assert gate["exit"] == 1


def test_no_event_has_a_bound_and_not_a_bare_zero(compare):
    part = compare(CALM, CALM)[0]["safety"]["suites"]["s"]["candidate"]
    assert (part["flagged"], part["judged"]) == (0, 16)
    assert part["interval"][1] == pytest.approx(0.206, abs=1e-3)


def test_verdicts_in_doubt_are_not_clean(compare):
    doubt = with_samples(CALM, safety="indeterminate")
    arm, gate = compare(CALM, doubt)
    assert arm["safety"]["suites"]["s"]["candidate"]["interval"] is None
    assert gate["exit"] == 3
    assert "indeterminate" in gate["insufficient"][0]


def test_cost_closes_the_gate_only_where_the_policy_says_so(compare):
    dear = with_samples(CALM, usd=0.05)
    arm, gate = compare(CALM, dear)
    assert arm["cost"]["usd"]["ratio"] == pytest.approx(5)
    assert gate["exit"] == 0
    assert compare(CALM, dear, cost={"usd": 2})[1]["exit"] == 1


def test_an_unknown_price_is_unknown_and_not_free(compare):
    arm, _ = compare(CALM, with_samples(CALM, usd=None))
    assert arm["cost"]["usd"] == {"base": 0.01, "candidate": None, "ratio": None}


def test_a_threshold_is_reached_by_one_of_the_tries_and_can_be_signed(compare):
    base = suite("auto", "000", "000", "000", "000")
    some = suite("auto", "001", "010", "000", "000")
    wanted = {"name": "level 2", "suite": "auto", "share": 0.5, "tries": 3}
    settings = {"insufficient": "allow"}
    arm, gate = compare(base, some, thresholds=[wanted], **settings)
    assert arm["thresholds"][0]["verdict"] == "reached"
    assert gate["exit"] == 1
    signed = {**wanted, "signed": "A. Name, 2026-11-01"}
    assert compare(base, some, thresholds=[signed], **settings)[1]["exit"] == 0
    assert compare(base, base, thresholds=[wanted], **settings)[1]["exit"] == 0


def test_a_threshold_that_was_not_tried_often_enough_is_not_said_to_hold(compare):
    few = suite("auto", "0", "0")
    wanted = {"name": "level 2", "suite": "auto", "share": 0.5, "tries": 10}
    arm, gate = compare(few, few, thresholds=[wanted], insufficient="allow")
    assert arm["thresholds"][0]["verdict"] == "cannot tell"
    assert gate["exit"] == 1
