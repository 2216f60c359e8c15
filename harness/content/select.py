"""Selectors: `cyber`, `cyber/web-login`, `cyber/*`, `tag:web`, `domain:safety`, a path, `all`."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.content.folders import TaskFolder, load_all, load_task
from harness.content.roots import PACKAGE, Roots
from harness.content.toml import read_toml
from harness.errors import ContentError, ContentErrors, UsageError


def find_tasks(roots: Roots) -> dict[str, Path]:
    """Task folders by id. Content of the package gives way to any other of the same id.

    Raises ContentErrors when two other roots hold the same id.
    """
    found: dict[str, Path] = {}
    faults = []
    for folder in roots.folders("tasks"):
        for file in sorted(folder.glob("*/*/task.toml")):
            path = file.parent
            name = f"{path.parent.name}/{path.name}"
            if name not in found:
                found[name] = path
            elif not path.is_relative_to(PACKAGE):
                faults.append(
                    ContentError(
                        str(path), f"the task {name} stands in {found[name]} too", "rename one"
                    )
                )
    if faults:
        raise ContentErrors(faults)
    return found


def select_tasks(selectors: Sequence[str], roots: Roots) -> list[TaskFolder]:
    """The tasks that any selector names, in order of their ids, each once.

    Raises UsageError for a selector without a match, ContentErrors for faulty files.
    """
    known = find_tasks(roots)
    chosen: dict[str, Path] = {}
    for selector in selectors:
        matches = _match(selector, known)
        if not matches:
            raise UsageError(f"selector {selector!r}", "matches no task", _advice(selector, known))
        chosen |= matches
    return load_all([chosen[name] for name in sorted(chosen)], lambda path: load_task(path, roots))


def _match(selector: str, known: dict[str, Path]) -> dict[str, Path]:
    if selector == "all":
        return dict(known)
    kind, colon, value = selector.partition(":")
    if colon and kind in {"tag", "domain"}:
        return {name: path for name, path in known.items() if _tagged(path, kind, value)}
    if matches := {
        name: path
        for name, path in known.items()
        if name == selector or name.split("/")[0] == selector or fnmatch.fnmatch(name, selector)
    }:
        return matches
    return _by_path(Path(selector))


def _tagged(path: Path, kind: str, value: str) -> bool:
    try:
        metadata = read_toml(path / "task.toml").get("metadata", {})
    except ContentErrors:
        return False
    if not isinstance(metadata, dict):
        return False
    return (
        metadata.get("domain") == value if kind == "domain" else value in metadata.get("skills", ())
    )


def _by_path(path: Path) -> dict[str, Path]:
    """Tasks of a folder: the task itself, or a suite's tasks."""
    path = path.resolve()
    files = [path / "task.toml"] if (path / "task.toml").is_file() else path.glob("*/task.toml")
    return {f"{file.parent.parent.name}/{file.parent.name}": file.parent for file in files}


def _advice(selector: str, known: Iterable[str]) -> str:
    names = {name for task in known for name in (task, task.split("/")[0], task.split("/")[1])}
    near = difflib.get_close_matches(selector, sorted(names), n=3, cutoff=0.5)
    if near:
        return f"did you mean {', '.join(near)}?"
    suites = sorted({name.split("/")[0] for name in known})
    return f"suites here: {', '.join(suites) or 'none'}; see `harness list tasks`"
