"""What models cost and how much they can read: prices.toml, and the file named by $HARNESS_PRICES.

An id matches its entry exactly or with a date after it; the spellings of Bedrock and Vertex
(`us.anthropic.claude-x-v1:0`, `claude-x@20250101`) are read as the id inside them.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError

from harness.errors import ContentError
from harness.schema.model import Rates
from harness.schema.types import Closed

if TYPE_CHECKING:
    from harness.messages import TokenUsage

DEFAULT_CONTEXT_TOKENS = 200_000

_OVERRIDE = "HARNESS_PRICES"
_BUILT_IN = Path(__file__).with_name("prices.toml")


class LongPrompt(Rates):
    """The rates of a request whose prompt has more than `above` tokens, cached ones included."""

    above: int = Field(gt=0)


class Price(Rates):
    """One model's rates and context window; `date` is the day up to which they were compared."""

    context_tokens: int = Field(gt=0)
    long_prompt: LongPrompt | None = None
    date: date


class _PriceFile(Closed):
    schema_: Literal[1] = Field(alias="schema")
    models: Mapping[str, Price]


def price_of(model_id: str) -> Price | None:
    """The price of a provider's model id, or None when it is unknown.

    Raises ContentError when the file named by $HARNESS_PRICES cannot be used.
    """
    table = load_prices()
    spelled = _plain_id(model_id)
    for candidate in (model_id, spelled, re.sub(r"-\d{8}$", "", spelled)):
        if candidate in table:
            return table[candidate]
    return None


def cost_usd(model_id: str, usage: TokenUsage) -> float | None:
    """What one call cost in dollars, or None when the price of the model is unknown."""
    price = price_of(model_id)
    if price is None:
        return None
    prompt = usage.input + usage.cache_read + usage.cache_write
    long = price.long_prompt
    return long.usd(usage) if long is not None and prompt > long.above else price.usd(usage)


def context_tokens(model_id: str) -> int:
    """The context window of a model in tokens; 200,000 when it is unknown."""
    price = price_of(model_id)
    return DEFAULT_CONTEXT_TOKENS if price is None else price.context_tokens


def load_prices() -> Mapping[str, Price]:
    """All known prices by model id; entries of the file named by $HARNESS_PRICES come first.

    Raises ContentError when that file cannot be used.
    """
    own = os.environ.get(_OVERRIDE)
    return {**_read(_BUILT_IN), **(_read(Path(own)) if own else {})}


@cache
def _read(path: Path) -> Mapping[str, Price]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return _PriceFile.model_validate(raw).models
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise ContentError(str(path), what, f"mend or unset {_OVERRIDE}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"is not TOML: {error}"
        raise ContentError(str(path), what, f"mend or unset {_OVERRIDE}") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        remedy = "give it the form of prices in docs/models.md"
        raise ContentError(f"{path}: {field}", first["msg"], remedy) from error


def _plain_id(model_id: str) -> str:
    inner = re.sub(r"^(?:[a-z-]+\.)?anthropic\.", "", model_id)
    return re.sub(r"-v\d+(?::\d+)?$", "", inner).replace("@", "-")
