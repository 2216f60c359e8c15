"""Comparisons of made-up sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sides import side

from harness.compare.comparison import compare_runs
from harness.compare.side import TaskRuns
from harness.schema.policy import Policy


@pytest.fixture
def compare():
    def run(base: Mapping[str, TaskRuns], candidate: Mapping[str, TaskRuns], **policy: Any):
        found = compare_runs(side(base), side(candidate), Policy.model_validate(policy))
        return found["arms"][0], found["gate"]

    return run
