"""Evidence made by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import Evidence, FileEntry
from harness.schema.task import Task
from harness.testing.content import TASK

FLAG = "flag{0123456789abcdef}"


def file(text: str, kind: str = "file") -> FileEntry:
    """A collected file with that content."""
    data = text.encode()
    return FileEntry("", kind, 0o644, 1000, len(data), data)  # type: ignore[arg-type]


@pytest.fixture
def evidence(tmp_path: Path) -> Callable[..., Evidence]:
    """Make evidence: `grader`, `milestones` and `collect` of the task, other fields of Evidence."""
    transcript = tmp_path / "events.jsonl"
    transcript.write_text("")

    def make(
        grader: Mapping[str, Any] | None = None,
        milestones: list[Mapping[str, Any]] | None = None,
        **fields: Any,
    ) -> Evidence:
        task = tomllib.loads(TASK)
        task["milestones"] = milestones or []
        if grader:
            task["grader"] = dict(grader)
        plain = Evidence(
            task=Task.model_validate(task),
            agent_service="box",
            submission=None,
            files={},
            cut={},
            probes=[],
            logs={},
            secrets={"flag": FLAG},
            transcript=transcript,
        )
        return replace(plain, **fields)

    return make
