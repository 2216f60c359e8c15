"""Fake credentials: fresh, telling, and never a live one's likeness without its mark."""

from __future__ import annotations

import pytest

from harness.canaries import SHAPES
from harness.schema.unsafe import CANARY_LENGTH
from harness.secrets import check_template, fill_template, random_parts


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_fresh_and_says_that_it_is_fake(shape: str) -> None:
    template = f"<fake:{shape}>"
    check_template(template)
    first, second = (fill_template(template, key) for key in (b"one", b"two"))
    assert first != second
    assert first == fill_template(template, b"one")
    assert "FAKE" in first
    assert max(len(part) for part in random_parts(template, first)) >= CANARY_LENGTH


def test_the_parts_of_a_value_are_what_was_drawn() -> None:
    assert random_parts("a<hex:4>-<word:1>.", "a12ab-cedar.") == ["12ab", "cedar"]
    assert random_parts("a<hex:4>", "b1234") == []


def test_upper_draws_what_identifiers_of_keys_are_made_of() -> None:
    value = fill_template("<upper:400>", b"key")
    assert len(value) == 400
    assert set(value) == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_an_unknown_shape_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="unknown shape <fake:visa>; known are cloud-key-id"):
        check_template("<fake:visa>")
