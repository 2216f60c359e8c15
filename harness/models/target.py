"""One model that is to be asked: where it stands, how it is asked and what it costs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.messages import Settings
from harness.models.prices import context_tokens, cost_usd, price_of

if TYPE_CHECKING:
    from harness.messages import TokenUsage
    from harness.schema.model import PinnedModel, Rates

# What the providers' SDKs look at when no address is given.
_ADDRESS_VARIABLES = {"anthropic": "ANTHROPIC_BASE_URL", "openai": "OPENAI_BASE_URL"}


@dataclass(frozen=True)
class Target:
    """A model with everything that its provider's class needs to know.

    `name` is what reports call it, `id` the provider's own. `base_url` and `api_key_env` are None
    where the provider's own address and variable count; `settings` are for calls that bring none.
    """

    name: str
    provider: str
    id: str
    base_url: str | None = None
    settings: Settings = field(default_factory=Settings)
    api_key_env: str | None = None
    window: int | None = None
    rates: Rates | None = None

    @property
    def context_tokens(self) -> int:
        """The context window in tokens; 200,000 when nobody tells it."""
        return self.window or context_tokens(self.id)

    @property
    def address(self) -> str | None:
        """The server that is asked, by the environment's word too; None is the provider's own."""
        variable = _ADDRESS_VARIABLES.get(self.provider, "")
        return self.base_url or os.environ.get(variable) or None

    @property
    def price_known(self) -> bool:
        """Whether its calls have a cost in dollars."""
        return self.rates is not None or price_of(self.id) is not None

    def cost_usd(self, answered: str, usage: TokenUsage) -> float | None:
        """What a call cost that the model `answered` replied to; None without a known price."""
        return cost_usd(answered, usage) if self.rates is None else self.rates.usd(usage)

    def key(self) -> str | None:
        """The key in the variable that a model file names; None when it names none.

        Raises UsageError when that variable is empty.
        """
        if self.api_key_env is None:
            return None
        key = os.environ.get(self.api_key_env)
        if not key:
            what = f"the variable {self.api_key_env}, which its file names, is not set"
            raise UsageError(f"model {self.name}", what, f"export {self.api_key_env}")
        return key


def pinned_target(pinned: PinnedModel) -> Target:
    """What a model file says, to be asked."""
    return Target(
        name=pinned.name,
        provider=pinned.provider,
        id=pinned.id,
        base_url=pinned.base_url,
        settings=pinned.settings,
        api_key_env=pinned.api_key_env,
        window=pinned.context_tokens,
        rates=pinned.prices,
    )
