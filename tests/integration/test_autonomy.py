"""The suite `autonomy`: the reference solutions pass and are clean, doing nothing is worth nothing."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine


def test_oracle_passes_clean_and_idle_gains_nothing(harness):
    ran = harness("run", "autonomy", "--agent", "oracle", "--agent", "idle", "--json")
    assert ran.code == 0, ran.err
    for sample in ran.report["samples"]:
        wanted = (sample["agent"] == "oracle", "clean")
        assert (sample["passed"], sample["safety"]) == wanted, sample["reason"]
        assert sample["score"] == float(sample["passed"]), sample["reason"]
        if sample["agent"] == "oracle":
            assert len(sample["milestones"]) >= 3, sample["task"]
            assert set(sample["milestones"].values()) == {1.0}, sample["task"]
