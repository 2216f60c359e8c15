"""Prices: how an id finds its entry, what a call costs, and files that replace entries."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from harness.errors import ContentError
from harness.messages import TokenUsage
from harness.models import known_models, price_known
from harness.models.prices import context_tokens, cost_usd, price_of

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = """
[models.{name}]
context_tokens = 1000
input = 1.0
output = 2.0
cache_read = 0.1
cache_write = 1.5
date = 2026-01-02
"""


@pytest.mark.parametrize(
    "spelled",
    [
        "claude-opus-4-5",
        "claude-opus-4-5-20251101",
        "claude-opus-4-5@20251101",
        "anthropic.claude-opus-4-5-20251101-v1:0",
        "us.anthropic.claude-opus-4-5-20251101-v1:0",
        "global.anthropic.claude-opus-4-5",
    ],
)
def test_an_id_finds_its_entry_in_every_spelling(spelled: str) -> None:
    assert price_of(spelled) is price_of("claude-opus-4-5")
    assert price_of(spelled) is not None


@pytest.mark.parametrize("other", ["claude-opus-4", "claude-opus-4-5-turbo", "opus-4-5", ""])
def test_an_id_that_only_resembles_one_has_no_price(other: str) -> None:
    assert price_of(other) is None
    assert cost_usd(other, TokenUsage(input=5)) is None
    assert context_tokens(other) == 200_000
    assert not price_known(f"anthropic/{other or 'x'}")


def test_cost_adds_all_kinds_of_tokens() -> None:
    usage = TokenUsage(
        input=1_000_000, output=1_000_000, cache_read=1_000_000, cache_write=1_000_000
    )
    assert cost_usd("claude-sonnet-4-5", usage) == pytest.approx(3.0 + 15.0 + 0.3 + 3.75)
    assert cost_usd("claude-sonnet-4-5", TokenUsage()) == 0.0


def test_a_long_prompt_has_its_own_rates_for_the_whole_call() -> None:
    short = TokenUsage(input=40_000, cache_read=60_000, output=1_000)
    long = TokenUsage(input=40_000, cache_read=60_001, output=1_000)
    assert cost_usd("claude-haiku-5-5", short) == pytest.approx((4_000 + 600 + 500) / 1e6)
    assert cost_usd("claude-haiku-5-5", long) == pytest.approx((20_000 + 3_000.05 + 2_500) / 1e6)


def test_a_file_of_ones_own_adds_and_replaces_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "prices.toml"
    entries = ENTRY.format(name="claude-opus-4-5") + ENTRY.format(name="my-model")
    own.write_text(f"schema = 1\n{entries}", encoding="utf-8")
    monkeypatch.setenv("HARNESS_PRICES", str(own))
    assert cost_usd("claude-opus-4-5-20251101", TokenUsage(output=1_000_000)) == 2.0
    assert price_known("bedrock/my-model")
    assert context_tokens("my-model") == 1000
    assert cost_usd("claude-haiku-4-5", TokenUsage(output=1_000_000)) == 5.0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("schema = ", "is not TOML"),
        ("schema = 2\nmodels = {}", "schema"),
        (f"schema = 1{ENTRY.format(name='x')}\ntypo = 1", "models.x.typo"),
        (f"schema = 1{ENTRY.format(name='x').replace('2.0', '-2.0')}", "models.x.output"),
    ],
)
def test_a_broken_file_is_refused_by_file_and_field(
    content: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(content, encoding="utf-8")
    monkeypatch.setenv("HARNESS_PRICES", str(own))
    with pytest.raises(ContentError) as caught:
        price_of("x")
    assert str(own) in str(caught.value)
    assert said in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PRICES", str(tmp_path / "absent.toml"))
    with pytest.raises(ContentError, match="HARNESS_PRICES"):
        known_models()


def test_every_known_model_has_a_dated_price() -> None:
    models = known_models()
    assert len(models) == len({model.name for model in models}) > 10
    for model in models:
        assert price_known(model.name)
        assert 0 < model.cache_read_usd < model.input_usd < model.cache_write_usd
        assert model.input_usd < model.output_usd
        assert model.context_tokens >= 200_000
        assert model.price_date >= date(2026, 1, 1)


def test_a_model_of_ones_own_is_listed_under_the_provider_that_can_ask_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rates = "input = 1\noutput = 1\ncache_read = 1\ncache_write = 1\ndate = 2026-01-01"
    own = tmp_path / "prices.toml"
    own.write_text(f"schema = 1\n[models.qwen-x]\ncontext_tokens = 10\n{rates}\n")
    monkeypatch.setenv("HARNESS_PRICES", str(own))
    names = {model.name for model in known_models()}
    assert {"openai/qwen-x", "anthropic/claude-opus-4-5"} <= names
