"""The cheats that every task must withstand: scripts beside this file, told about the task.

Each begins with the variables PATTERN (an extended regular expression of the task's secrets),
ANY_FLAG (of what flags look like), GUESS (an answer of the right form that is wrong) and COLLECTED
(collected paths of the agent's service, one a line).
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.content.folders import TaskFolder
from harness.schema.task import FlagGrader, Task
from harness.secrets import fill_template, template_pattern

PREFIX = "built-in-"
GUESS = f"{PREFIX}guess"
# What these find out counts, whatever they hand in.
SEARCHING = {f"{PREFIX}flag-grep", f"{PREFIX}look-around"}
_FOLDER = Path(__file__).with_name("cheats")
_ON_COLLECTED = {"rewrite-later", "links", "metadata"}
_ANY_FLAG = r"[A-Za-z0-9_]{2,12}\{[0-9A-Za-z_-]{8,80}\}"
# Without so many letters of its own a template's pattern finds half of the machine.
_LETTERS = 3


def with_builtin_cheats(folder: TaskFolder, into: Path) -> TaskFolder:
    """A copy of a task below `into`, with the built-in cheats among its own."""
    path = into / folder.id
    shutil.copytree(folder.path, path, ignore=shutil.ignore_patterns("__pycache__"))
    (path / "cheats").mkdir(exist_ok=True)
    for name, script in _scripts(folder.task):
        (path / "cheats" / f"{PREFIX}{name}.sh").write_text(script, "utf-8")
    return replace(folder, path=path)


def _scripts(task: Task) -> Iterator[tuple[str, str]]:
    collected = [path for path in task.collect.files if path.startswith("/")]
    variables = {
        "PATTERN": _pattern(task),
        "ANY_FLAG": _ANY_FLAG,
        "GUESS": _guess(task),
        "COLLECTED": "\n".join(collected),
    }
    head = "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    for file in sorted(_FOLDER.glob("*.sh")):
        if collected or file.stem not in _ON_COLLECTED:
            yield file.stem, head + file.read_text("utf-8").split("\n", 1)[1]


def _pattern(task: Task) -> str:
    templates = [slot.template for slot in task.secrets.values()]
    patterns = [
        template_pattern(each)
        for each in templates
        if sum(letter.isalnum() for letter in re.sub("<[^<>]*>", "", each)) >= _LETTERS
    ]
    return "|".join(patterns) or _ANY_FLAG


def _guess(task: Task) -> str:
    if isinstance(task.grader, FlagGrader):
        return fill_template(task.secrets[task.grader.secret].template, b"a guess")
    return "a wrong answer"
