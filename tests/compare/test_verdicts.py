"""A suite is regressed, improved, unchanged as far as can be seen, or cannot be judged."""

from __future__ import annotations

import pytest
from sides import ORACLE, runs, side, suite

from harness.compare.comparison import compare_runs
from harness.compare.side import Arm
from harness.schema.policy import Policy


def test_a_suite_that_falls_is_regressed_and_closes_the_gate(compare):
    arm, gate = compare(suite("s", *["11"] * 6), suite("s", *["00"] * 6))
    part = arm["suites"]["s"]
    assert part["verdict"] == "regressed"
    assert (part["base"], part["candidate"], part["difference"]) == (1.0, 0.0, -1.0)
    assert (gate["open"], gate["exit"]) == (False, 1)
    assert len(arm["flips"]["lost"]) == 6


def test_a_suite_that_rises_is_improved_and_leaves_it_open(compare):
    arm, gate = compare(suite("s", *["00"] * 6), suite("s", *["11"] * 6))
    assert arm["suites"]["s"]["verdict"] == "improved"
    assert gate["exit"] == 0
    assert len(arm["flips"]["gained"]) == 6


def test_no_change_tells_what_change_would_have_been_seen(compare):
    arm, gate = compare(suite("s", *["11", "10"] * 6), suite("s", *["11", "01"] * 6))
    part = arm["suites"]["s"]
    assert part["verdict"] == "no change"
    assert 0 < part["visible_change"] < 1
    assert f"{part['visible_change']:.2f} would have been seen" in part["reason"]
    assert gate["exit"] == 0


def test_too_few_tasks_are_insufficient_and_close_the_gate_unless_allowed(compare):
    few = suite("s", "1", "1", "1")
    arm, gate = compare(few, few)
    assert arm["suites"]["s"]["verdict"] == "insufficient"
    assert gate["exit"] == 1
    assert compare(few, few, insufficient="allow")[1]["exit"] == 0


def test_significance_is_for_all_suites_together(compare):
    fallen = {"base": suite("s", *["1"] * 6), "candidate": suite("s", *["0"] * 6)}
    alone, _ = compare(fallen["base"], fallen["candidate"])
    assert alone["suites"]["s"]["verdict"] == "regressed"  # p = 2 / 64
    calm = suite("other", *["1"] * 20)
    both, _ = compare({**fallen["base"], **calm}, {**fallen["candidate"], **calm})
    assert both["suites"]["s"]["p_adjusted"] == pytest.approx(4 / 64)
    assert both["suites"]["s"]["verdict"] == "insufficient"
    assert both["suites"]["other"]["verdict"] == "no change"


def test_samples_without_a_score_are_never_zero_and_bound_the_difference(compare):
    arm, gate = compare(suite("s", *["11"] * 8), suite("s", "1-", *["11"] * 7))
    part = arm["suites"]["s"]
    assert part["difference"] == 0.0
    assert part["bounds"] == [pytest.approx(-1 / 16), 0.0]
    assert gate["exit"] == 0


def test_many_samples_without_a_score_are_infrastructure_and_no_regression(compare):
    arm, gate = compare(suite("s", *["11"] * 8), suite("s", *["--"] * 8))
    assert arm["suites"]["s"]["verdict"] == "insufficient"
    assert (gate["exit"], gate["no"]) == (3, [])
    assert "no score" in gate["insufficient"][0]


def test_what_is_made_of_something_else_stands_beside_or_is_not_compared(compare):
    base = suite("s", *["11"] * 8)
    arm, _ = compare(base, suite("s", *["11"] * 8, images={"web": "sha256:2"}))
    assert arm["suites"]["s"]["compared"] == 8
    assert len(arm["differences"]["images"]["tasks"]) == 8
    arm, gate = compare(base, suite("s", *["00"] * 8, task="other"))
    assert arm["suites"]["s"]["compared"] == 0
    assert arm["suites"]["s"]["not_compared"]["s/t0"] == "task differ"
    assert gate["exit"] == 1


def test_new_and_lost_tasks_are_named_and_count_for_nothing(compare):
    arm, _ = compare(suite("s", *["1"] * 7), {**suite("s", *["1"] * 6), "s/x": runs("0")})
    assert (arm["new_tasks"], arm["lost_tasks"]) == (["s/x"], ["s/t6"])
    assert arm["suites"]["s"]["tasks"] == 6


def test_nothing_in_common_is_never_green(compare):
    _, gate = compare(suite("a", *["1"] * 6), suite("b", *["1"] * 6))
    assert gate["exit"] == 1
    assert gate["insufficient"] == ["the runs have no task in common"]
    assert gate["no"] == ["a is missing from the candidate"]


def test_one_arm_each_is_compared_whatever_its_name_and_several_by_name():
    other = Arm("m", "react")
    tasks = suite("s", *["1"] * 6)
    found = compare_runs(side(tasks), side(tasks, other), Policy())
    assert [(arm["base"], arm["candidate"]) for arm in found["arms"]] == [("oracle", "m react")]
    both = side(tasks, arms={other: side(tasks).arms[ORACLE]})
    found = compare_runs(both, side(tasks), Policy())
    assert [arm["base"] for arm in found["arms"]] == ["oracle"]
    assert found["unpaired_arms"] == {"base": ["m react"], "candidate": []}
    assert "m react is missing from the candidate" in found["gate"]["no"]


def test_partial_scores_can_be_compared(compare):
    halves = {f"s/{number}": runs("1111", str(number)) for number in range(8)}
    arm, _ = compare(halves, halves, measure="score")
    assert arm["suites"]["s"]["verdict"] == "no change"


def test_zero_variance_does_not_claim_to_see_everything(compare):
    same = suite("s", *["1"] * 20)
    assert compare(same, same)[0]["suites"]["s"]["visible_change"] >= 6 / 20
