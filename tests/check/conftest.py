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
    """Run `harness check`: exit code, JSON by task, what was in the way (else standard error's end)."""
    folder = tmp_path_factory.mktemp("check")

    def run(
        *arguments: str, content: Path = CONTENT, **extra: str
    ) -> tuple[int, dict[str, Any], str]:
        extra = {"HARNESS_CERTIFICATES": str(folder / "certificates"), **extra}
        ran = CommandLine(folder / "runs", content)("check", *arguments, "--json", **extra)
        found = json.loads(ran.out) if ran.out else {"tasks": []}
        trouble = [
            f"{each['task']}: {row['check']}: {row['what']}"
            for each in found["tasks"]
            for row in each["checks"]
            if row["state"] == "trouble"
        ]
        rows = {each["task"]: each for each in found["tasks"]}
        return ran.code, rows, "\n".join(trouble or ran.err.splitlines()[-5:])

    return run
