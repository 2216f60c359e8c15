"""Secrets are fresh for each sample, attempt and slot, and only the seed makes them again."""

from __future__ import annotations

import re
import uuid
from collections import Counter

import pytest

from harness.secrets import check_template, fill_template, make_secrets

SEED = bytes(range(32))
EVERY_KIND = "<hex:7> <word:3> <int:1000-9999> <uuid> <base64:24>"


def test_the_same_seed_gives_the_same_secrets() -> None:
    templates = {"flag": "flag{<hex:32>}", "password": "<word:3>"}
    assert make_secrets(SEED, "a#1", templates) == make_secrets(SEED, "a#1", templates)


def test_a_secret_does_not_change_when_other_slots_come_and_go() -> None:
    alone = make_secrets(SEED, "a#1", {"flag": "<hex:32>"})
    among = make_secrets(SEED, "a#1", {"key": "<uuid>", "flag": "<hex:32>"})
    assert among["flag"] == alone["flag"]


def test_secrets_differ_by_seed_sample_attempt_and_slot() -> None:
    values = [
        make_secrets(seed, sample, {slot: "<hex:32>"})[slot]
        for seed in (SEED, bytes(32))
        for sample in ("a#1", "a#2", "b#1", "a#11")
        for slot in ("flag", "key")
    ]
    assert len(set(values)) == len(values) == 16


def test_a_value_is_not_guessed_from_the_boundary_of_sample_and_slot() -> None:
    one = make_secrets(SEED, "a", {"bc": "<hex:32>"})["bc"]
    other = make_secrets(SEED, "ab", {"c": "<hex:32>"})["c"]
    assert one != other


def test_every_kind_has_its_form() -> None:
    digits, words, number, name, text = fill_template(EVERY_KIND, SEED).split(" ")
    assert re.fullmatch(r"[0-9a-f]{7}", digits)
    assert re.fullmatch(r"[a-z]+-[a-z]+-[a-z]+", words)
    assert 1000 <= int(number) <= 9999
    assert uuid.UUID(name).version == 4
    assert re.fullmatch(r"[A-Za-z0-9_-]{24}", text)


def test_two_parts_of_one_template_differ() -> None:
    first, second = fill_template("<hex:32> <hex:32>", SEED).split(" ")
    assert first != second


def test_text_around_the_parts_stays() -> None:
    assert re.fullmatch(r"a > b flag\{[0-9a-f]{4}\}>", fill_template("a > b flag{<hex:4>}>", SEED))


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("flag{fixed}", "is not fresh"),
        ("", "is not fresh"),
        ("flag{<hex:32}", "is not fresh"),
        ("<HEX:32>", "is not fresh"),
        ("a<b>", "unknown part <b>; known are base64, hex, int, upper, uuid, word"),
        ("<dice:6>", "unknown part <dice>"),
        ("<hex>", "wrong argument in <hex>"),
        ("<hex:many>", "wrong argument in <hex:many>"),
        ("<hex:0>", "<hex:0> is empty"),
        ("<hex:-3>", "<hex:-3> is empty"),
        ("<word:0>", "<word:0> is empty"),
        ("<base64:0>", "<base64:0> is empty"),
        ("<int:5>", "wrong argument in <int:5>"),
        ("<int:9-1>", "wrong argument in <int:9-1>"),
        ("<int:5-5>", "wrong argument in <int:5-5>"),
        ("<uuid:4>", "wrong argument in <uuid:4>"),
    ],
)
def test_a_template_that_gives_nothing_fresh_is_refused(template: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        check_template(template)


@pytest.mark.parametrize("template", ["flag{<hex:32>}", EVERY_KIND, "pin-<int:0-1>"])
def test_a_good_template_passes(template: str) -> None:
    check_template(template)


def draws(template: str, count: int) -> list[str]:
    return [make_secrets(SEED, f"s#{n}", {"x": template})["x"] for n in range(count)]


def test_numbers_reach_both_ends_and_are_even() -> None:
    counts = Counter(draws("<int:3-12>", 4000))
    assert counts.keys() == {str(n) for n in range(3, 13)}
    assert max(counts.values()) < 1.3 * min(counts.values())


def test_digits_are_even() -> None:
    counts = Counter("".join(draws("<hex:33>", 400)))
    assert counts.keys() == set("0123456789abcdef")
    assert max(counts.values()) < 1.3 * min(counts.values())


def test_words_are_many_and_all_used() -> None:
    counts = Counter(word for value in draws("<word:10>", 400) for word in value.split("-"))
    assert len(counts) >= 80
    assert max(counts.values()) < 3 * min(counts.values())


def test_flags_of_many_samples_never_repeat() -> None:
    assert len(set(draws("flag{<hex:32>}", 2000))) == 2000
