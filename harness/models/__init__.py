"""Models by name: `anthropic/<id>`, `openai/<id>`, `bedrock/<id>`, `vertex/<id>`, `scripted/<file>`.

A model file (harness.schema.model) names one of them too, with everything that it is asked with.
Nothing here imports a provider's SDK before a model is opened or checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from harness.errors import UsageError

if TYPE_CHECKING:
    import threading
    from datetime import date

    from harness.messages import Settings
    from harness.models.retry import RetryPolicy
    from harness.models.target import Target
    from harness.protocols import Model
    from harness.schema.model import PinnedModel

Provider = Literal["anthropic", "openai", "bedrock", "vertex", "scripted"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)


@dataclass(frozen=True)
class KnownModel:
    """A model whose price is known. Prices are dollars per million tokens, as of `price_date`."""

    name: str
    provider: Provider
    context_tokens: int
    input_usd: float
    output_usd: float
    cache_read_usd: float
    cache_write_usd: float
    price_date: date


def open_model(
    name: str,
    *,
    base_url: str | None = None,
    settings: Settings | None = None,
    pinned: PinnedModel | None = None,
    cancelled: threading.Event | None = None,
    retries: RetryPolicy | None = None,
) -> Model:
    """The model of that name; one object serves any number of samples and threads.

    `pinned` is what the model's file says, and then `name`, `base_url` and `settings` say nothing.
    Else `base_url` replaces the provider's address, and `settings` are used by calls that bring
    none. `cancelled` ends calls and waits when it is set, `retries` says how long to go on trying.
    Raises UsageError for an unknown provider, a missing key or a missing extra, and ContentError
    for a script that cannot be used.
    """
    target = find_target(name, base_url=base_url, settings=settings, pinned=pinned)
    if target.provider == "scripted":
        from harness.models.scripted import ScriptedModel, load_script

        return ScriptedModel(name, load_script(Path(target.id)))
    from harness.models.credentials import check_extra

    check_extra(target.provider)
    if target.provider == "openai":
        from harness.models.openai_chat import ChatModel

        return ChatModel(target, cancelled=cancelled, retries=retries)
    from harness.models.anthropic_messages import ClaudeModel

    return ClaudeModel(target, cancelled=cancelled, retries=retries)


def check_model(
    name: str, *, base_url: str | None = None, pinned: PinnedModel | None = None
) -> None:
    """Find out, before any container starts, whether the model can be opened. Asks no model.

    Raises UsageError, in one line, for an unknown provider, a missing key (names the variable,
    never shows a value) or a missing extra, and ContentError for a script that cannot be used.
    """
    target = find_target(name, base_url=base_url, pinned=pinned)
    if target.provider == "scripted":
        from harness.models.scripted import load_script

        load_script(Path(target.id))
        return
    from harness.models.credentials import check_credentials

    check_credentials(target)


def price_known(name: str, *, pinned: PinnedModel | None = None) -> bool:
    """Whether calls of this model have a cost in dollars; a limit in dollars needs one.

    Raises UsageError for an unknown provider, ContentError for a broken file of prices.
    """
    target = find_target(name, pinned=pinned)
    return target.provider == "scripted" or target.price_known


def find_target(
    name: str,
    *,
    base_url: str | None = None,
    settings: Settings | None = None,
    pinned: PinnedModel | None = None,
) -> Target:
    """What is to be asked under that name. Raises UsageError for an unknown provider."""
    from harness.messages import Settings
    from harness.models.target import Target, pinned_target

    if pinned is not None:
        return pinned_target(pinned)
    provider, model = split_name(name)
    return Target(name, provider, model, base_url=base_url, settings=settings or Settings())


def known_models() -> list[KnownModel]:
    """The models whose prices are known, by name. Others can be used too, without a cost.

    Raises ContentError for a broken file of prices.
    """
    from harness.models.prices import load_prices

    providers = {model_id: _provider_of(model_id) for model_id in load_prices()}
    return [
        KnownModel(
            name=f"{providers[model_id]}/{model_id}",
            provider=providers[model_id],
            context_tokens=price.context_tokens,
            input_usd=price.input,
            output_usd=price.output,
            cache_read_usd=price.cache_read,
            cache_write_usd=price.cache_write,
            price_date=price.date,
        )
        for model_id, price in sorted(load_prices().items())
    ]


def split_name(name: str) -> tuple[Provider, str]:
    """The provider and the id (or file) of a model's name. Raises UsageError for an unknown one."""
    head, _, model = name.partition("/")
    for provider in PROVIDERS:
        if head == provider and model:
            return provider, model
    known = ", ".join(f"{provider}/<{_what(provider)}>" for provider in PROVIDERS)
    what = "no provider of that name is known"
    raise UsageError(f"model {name!r}", what, f"write one of {known}, or name a model file (.toml)")


def _provider_of(model_id: str) -> Provider:
    """Where an id of the list of prices is asked for: one's own file may add any model."""
    return "anthropic" if "claude" in model_id else "openai"


def _what(provider: Provider) -> str:
    return "file" if provider == "scripted" else "id"
