"""Claude over the Messages API does what every model must do."""

from __future__ import annotations

from typing import Any

import pytest

from harness.testing.model_conformance import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_claude_model_conforms(check: Any, connect: Any) -> None:
    check(connect)
