"""What an author wrote, without any machine: metadata, and whether the prompt gives what is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from harness.check.findings import Finding, or_ok
from harness.content.folders import TaskFolder
from harness.schema.task import ToolName

# Whoever means a place on the machine begins it so; `/login` is a page of some service.
_PATH = re.compile(
    r"(?<![\w:/.~-])(/(?:etc|home|opt|root|srv|tmp|usr|var)(?:/[A-Za-z0-9_.+-]+)+)(?![\w?*])"
)


def check_metadata(folder: TaskFolder) -> list[Finding]:
    """Whether reports can say what the task measures and how hard it is."""
    check, meta = "metadata", folder.task.metadata
    missing = []
    if meta.human_minutes is None or meta.human_minutes_source is None:
        missing.append("human_minutes with human_minutes_source")
    if not meta.skills:
        missing.append("skills")
    if missing:
        what = f"there is no {', no '.join(missing)}"
        return [Finding(check, "bad", what, f"add it under [metadata] of {folder.id}'s task.toml")]
    how_hard = f"{meta.human_minutes:g} min ({meta.human_minutes_source})"
    found = [Finding(check, "ok", f"{meta.domain}, {how_hard}, {', '.join(meta.skills)}")]
    if meta.canary is None:
        mend = "add canary = a fresh UUID, so that training data with this task can be recognised"
        found.append(Finding(check, "note", "there is no canary", mend))
    return found


def check_tools(folder: TaskFolder) -> list[Finding]:
    """Whether every tool that a prompt names is among the task's tools."""
    check = "tools of the prompt"
    found = [
        Finding(
            check,
            "bad",
            f"variant {variant} names the {tool} tool, which the task does not give",
            f'add "{tool}" to tools, or take it out of the prompt',
        )
        for variant in ("default", *folder.task.variants)
        for tool in _tools_named(folder.instruction(variant))
        if tool not in folder.task.tools
    ]
    return or_ok(check, found, f"the task gives {', '.join(folder.task.tools)}")


def _tools_named(text: str) -> Iterator[str]:
    for tool in get_args(ToolName):
        if re.search(rf"`?\b{tool}\b`? tool\b|\btool `?{tool}\b", text):
            yield tool


def paths_named(folder: TaskFolder) -> list[str]:
    """The files and folders that the prompt names, those that the task collects aside."""
    made = [entry.rpartition(":")[2] for entry in folder.task.collect.files]
    text = folder.instruction("default")
    named = dict.fromkeys(path.rstrip(".") for path in _PATH.findall(text))
    return [path for path in named if not any(path == each for each in made)]
