"""A model as a file pins it: who provides it, how it is asked, what it costs.

schema = 1
name = "gpt-local"                  # what reports call it
provider = "openai"
id = "qwen3-32b"
base_url = "http://127.0.0.1:8000/v1"
api_key_env = "LOCAL_KEY"           # the variable that holds the key, never the key
context_tokens = 32_768

[settings]
max_tokens = 4096
temperature = 0.0

[prices]                            # dollars per million tokens
input = 0.1
output = 0.4
cache_read = 0.1
cache_write = 0.1
"""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from harness.messages import Settings, TokenUsage
from harness.schema.types import Closed, Name, VariableName

_MILLION = 1_000_000
_OWN_KEYS = ("bedrock", "vertex")


class Rates(Closed):
    """Dollars per million tokens; `cache_write` is for the cache of 5 minutes."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float = Field(ge=0)
    cache_write: float = Field(ge=0)

    def usd(self, usage: TokenUsage) -> float:
        """What that many tokens cost, in dollars."""
        total = (
            usage.input * self.input
            + usage.output * self.output
            + usage.cache_read * self.cache_read
            + usage.cache_write * self.cache_write
        )
        return total / _MILLION


class PinnedModel(Closed):
    """What a model file says, without its schema: the form that a run's plan keeps.

    It is whole: a run's own settings and base_url do not touch it. Without `prices` the price is
    looked up by id, as for a model that is named on the command line.
    """

    name: Name
    provider: Literal["anthropic", "bedrock", "vertex", "openai"]
    id: str = Field(min_length=1)
    base_url: str | None = None
    api_key_env: VariableName | None = None
    context_tokens: int | None = Field(default=None, gt=0)
    settings: Settings = Settings()
    prices: Rates | None = None

    @field_validator("name")
    @classmethod
    def _no_word_of_ours(cls, value: str) -> str:
        if value == "none":
            msg = 'must not be "none"; that is how samples without a model are called'
            raise ValueError(msg)
        return value

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = 'is no address of a server; write "http://host:port/v1"'
            raise ValueError(msg)
        if parts.username or parts.password or parts.query:
            msg = "holds a password or a query; name the key's variable as api_key_env"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _what_the_provider_takes(self) -> Self:
        if self.api_key_env is not None and self.provider in _OWN_KEYS:
            msg = f"api_key_env does not fit {self.provider}; its credentials are the cloud's own"
            raise ValueError(msg)
        if self.settings.thinking_tokens is not None and self.provider == "openai":
            msg = "openai has no thinking_tokens; set effort"
            raise ValueError(msg)
        return self


class ModelFile(PinnedModel):
    """The whole file."""

    schema_: Literal[1] = Field(alias="schema")

    @property
    def pinned(self) -> PinnedModel:
        """What a run's plan keeps of it."""
        return PinnedModel(**self.model_dump(exclude={"schema_"}))
