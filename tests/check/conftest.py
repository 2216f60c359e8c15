"""The command line, its certificates in the test's folder, and tasks that are broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine

CONTENT = Path(__file__).parent / "content"

Check = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Run `harness check`: exit code, JSON by task, standard error."""
    folder = tmp_path_factory.mktemp("check")

    def run(
        *arguments: str, content: Path = CONTENT, **extra: str
    ) -> tuple[int, dict[str, Any], str]:
        extra = {"HARNESS_CERTIFICATES": str(folder / "certificates"), **extra}
        ran = CommandLine(folder / "runs", content)("check", *arguments, "--json", **extra)
        found = json.loads(ran.out) if ran.out else {"tasks": []}
        return ran.code, {each["task"]: each for each in found["tasks"]}, ran.err

    return run
