"""Models of every protocol do what every model must do."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from harness.testing.model_conformance import CHECKS


@pytest.mark.parametrize("model", ["anthropic/claude-opus-4-5", "openai/gpt-test"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_model_conforms(check: Any, model: str, connect: Any) -> None:
    check(partial(connect, model=model))
