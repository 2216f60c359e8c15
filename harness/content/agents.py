"""Agents: one file, or one folder with `agent.py`, each with a class `Agent`."""

from __future__ import annotations

import difflib
import importlib.util
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.content.folders import SOLUTION, folder_digest
from harness.content.roots import Roots
from harness.errors import ContentError, UsageError
from harness.protocols import Agent

SCRIPT_RUNNER = "oracle"
# Where a task keeps the scripts of agents that are named so.
_SCRIPTS = {"cheat": "cheats/{}.sh", "script": "{}.sh"}


@dataclass(frozen=True)
class AgentFile:
    """A found agent: its class, ready to make an instance for each sample.

    `spec` is what the user wrote. `script` is the file of the task that it carries out, such as
    "solution.sh", and is empty for other agents.
    """

    spec: str
    path: Path
    make: Callable[[], Agent]
    summary: str
    wants_model: bool
    script: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of its file, or of its folder."""
        return folder_digest(self.path)


def find_agents(roots: Roots) -> dict[str, Path]:
    """Agent files and folders by name; earlier roots win."""
    found: dict[str, Path] = {}
    for folder in roots.folders("agents"):
        for path in sorted(folder.iterdir()):
            if path.suffix == ".py" or (path / "agent.py").is_file():
                found.setdefault(path.stem, path)
    return found


def load_agent(spec: str, roots: Roots, *, copied: bool = False) -> AgentFile:
    """The agent of "name", "name:argument", "cheat:<name>", "script:<name>", or a path.

    With `copied`, `roots` are a run's own copy, and a path means the copy of that file. Raises
    UsageError for an unknown agent, ContentError for one that cannot be loaded.
    """
    name, _, argument = spec.partition(":")
    script = ""
    if name in _SCRIPTS:
        script = _SCRIPTS[name].format(_script_name(name, argument))
        name, argument = SCRIPT_RUNNER, ""
    known = find_agents(roots)
    path = known.get(name)
    if path is None and (name.endswith(".py") or "/" in name):
        path = known.get(Path(name).stem) if copied else Path(name).resolve()
    if path is None or not path.exists():
        near = difflib.get_close_matches(name, sorted(known), n=1)
        advice = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
        raise UsageError(f"agent {name!r}", "there is no such agent", advice)
    kind = _load_class(path)
    _check_argument(kind, spec, argument)
    return AgentFile(
        spec=spec,
        path=path,
        make=(lambda: kind(argument)) if argument else kind,  # type: ignore[call-arg]
        summary=(kind.__doc__ or "").strip().split("\n")[0],
        wants_model=bool(kind.wants_model),
        script=script or (SOLUTION if kind.wants_script else ""),
    )


def _script_name(kind: str, name: str) -> str:
    """The name, if it can only be a file of the task's own."""
    if not name:
        raise UsageError(f"--agent {kind}", f"which {kind}?", f"write {kind}:<name>")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) or name.endswith(".sh"):
        raise UsageError(
            f"agent '{kind}:{name}'",
            f"a {kind} is named without folders and ending",
            f"write {kind}:guess for a task's {_SCRIPTS[kind].format('guess')}",
        )
    return name


def _load_class(path: Path) -> type[Agent]:
    file = path / "agent.py" if path.is_dir() else path
    name = f"harness_agent_{path.stem}_{abs(hash(str(path)))}"
    if name not in sys.modules:
        found = importlib.util.spec_from_file_location(name, file)
        if found is None or found.loader is None:
            raise ContentError(str(file), "is not a Python file", "name a .py file")
        module = importlib.util.module_from_spec(found)
        sys.modules[name] = module
        try:
            found.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            what = f"cannot be loaded ({type(error).__name__}: {error})"
            raise ContentError(str(file), what, "mend it; --debug shows the traceback") from error
    kind = getattr(sys.modules[name], "Agent", None)
    missing = [
        part for part in ("name", "wants_model", "wants_script", "run") if not hasattr(kind, part)
    ]
    if kind is None or missing:
        what = f"its class Agent lacks {', '.join(missing)}" if kind else "it has no class Agent"
        raise ContentError(str(file), what, "see docs/agents.md, or `harness new agent NAME`")
    return kind  # type: ignore[no-any-return]


def _check_argument(kind: type[Agent], spec: str, argument: str) -> None:
    """Refuse an argument that the agent cannot use, before anything starts."""
    check = getattr(kind, "check_argument", None)
    if check is not None:
        check(argument)
    elif argument:
        raise UsageError(
            f"agent {spec!r}", "it takes no argument", f"write {spec.split(':', maxsplit=1)[0]}"
        )
