"""A model file's words reach the server, the price and the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import UsageError
from harness.messages import Settings, user_message
from harness.models import check_model, open_model, price_known
from harness.schema.model import PinnedModel, Rates
from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, text

if TYPE_CHECKING:
    from collections.abc import Callable

GO = [user_message("go")]
RATES = Rates(input=1, output=2, cache_read=3, cache_write=4)
PROVIDERS = ["anthropic", "openai"]


def pin(server: MessagesServer, provider: Any, **fields: Any) -> PinnedModel:
    address = server.chat_url if provider == "openai" else server.url
    return PinnedModel(
        **{"name": "night", "provider": provider, "id": "some-id", "base_url": address, **fields}
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_file_says_where_how_and_for_how_much(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHT_KEY", "key-of-the-night")
    usage = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    with MessagesServer([Answer([text("x")], usage=usage)]) as server:
        pinned = pin(
            server,
            provider,
            api_key_env="NIGHT_KEY",
            context_tokens=777,
            settings=Settings(max_tokens=55),
            prices=RATES,
        )
        model: Any = open_model("night", pinned=pinned)
        reply = model.generate(GO)
        model.close()
    assert (model.name, model.context_tokens) == ("night", 777)
    body, headers = server.requests[0].body, server.requests[0].headers
    assert (body["model"], body["max_tokens"]) == ("some-id", 55)
    assert "key-of-the-night" in headers.get("x-api-key", "") + headers.get("authorization", "")
    assert reply.usd == 3.0
    assert reply.model == "some-id"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("use", [open_model, check_model])
def test_the_named_variable_must_be_set(
    provider: str, use: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHT_KEY", raising=False)
    with (
        MessagesServer([]) as server,
        pytest.raises(UsageError, match="export NIGHT_KEY") as caught,
    ):
        use("night", pinned=pin(server, provider, api_key_env="NIGHT_KEY"))
    assert "model night" in str(caught.value)


def test_a_price_is_known_by_the_file_or_by_the_id() -> None:
    with MessagesServer([]) as server:
        assert not price_known("night", pinned=pin(server, "openai"))
        assert price_known("night", pinned=pin(server, "openai", prices=RATES))
        assert price_known("night", pinned=pin(server, "anthropic", id="claude-opus-4-5"))
