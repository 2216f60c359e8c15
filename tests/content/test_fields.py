"""A wrong field is named with its line, its full name, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.testing.content import TASK, write_task

OnlyFault = Callable[[Path], str]


def line_of(text: str, marker: str) -> int:
    """The line of the only occurrence of `marker`."""
    assert text.count(marker) == 1
    return text[: text.index(marker)].count("\n") + 1


# what is replaced, by what, the text on the line that must be named, field, what, remedy
TASK_FAULTS = {
    "unknown key at the top": (
        'title = "Take',
        'titel = "x"\ntitle = "Take',
        "titel",
        "titel",
        "unknown key",
        'did you mean "title"?',
    ),
    "unknown key of a table": (
        "steps = 20",
        "step = 20",
        "step = 20",
        "limits.step",
        "unknown key",
        'did you mean "steps"?',
    ),
    "unknown key like no other": (
        "steps = 20",
        "zzz = 20",
        "zzz = 20",
        "limits.zzz",
        "unknown key",
        "remove it",
    ),
    "unknown key of an inline table": (
        'owner = "web"',
        'ownr = "web"',
        "ownr",
        "secrets.flag.place[0].ownr",
        "unknown key",
        'did you mean "owner"?',
    ),
    "unknown table": (
        "[variants.hint]",
        "[varints.hint]",
        "[varints.hint]",
        "varints",
        "unknown key",
        'did you mean "variants"?',
    ),
    "wrong key in the second of several tables": (
        "weight = 3",
        "wieght = 3",
        "wieght",
        "milestones[1].wieght",
        "unknown key",
        'did you mean "weight"?',
    ),
    "number for text": (
        'title = "Take the flag"',
        "title = 5",
        "title = 5",
        "title",
        "must be text in quotes (got 5)",
        "mend this field",
    ),
    "a table for text": (
        'title = "Take the flag"',
        'title = { en = "Take the flag" }',
        "title =",
        "title",
        "must be text in quotes",
        "mend this field",
    ),
    "text for a table": (
        'secret = "flag"\n\n',
        'secret = "flag"\n\n[unsafe.rules]\n',
        "[unsafe.rules]",
        "unsafe.rules",
        "must be a list",
        "mend this field",
    ),
    "text for a list": (
        'tools = ["bash", "submit"]',
        'tools = "bash"',
        "tools",
        "tools",
        "must be a list (got 'bash')",
        "mend this field",
    ),
    "unknown tool": (
        '"bash", "submit"',
        '"bash", "telnet"',
        "telnet",
        "tools[1]",
        "input should be 'bash', 'edit', 'python', 'process' or 'submit' (got 'telnet')",
        "mend this field",
    ),
    "negative limit": (
        "steps = 20",
        "steps = -1",
        "steps = -1",
        "limits.steps",
        "input should be greater than or equal to 1 (got -1)",
        "mend this field",
    ),
    "duration without unit": (
        'wall = "5m"',
        "wall = 300",
        "wall = 300",
        "limits.wall",
        'a duration is text with a unit, such as "90s" or "30m", not 300',
        "mend this field",
    ),
    "duration with an unknown unit": (
        'wall = "5m"',
        'wall = "5 min"',
        "wall",
        "limits.wall",
        "not a duration: '5 min'",
        'write "90s", "30m", "1h30m" or "250ms"',
    ),
    "size without unit": (
        "[collect]",
        "[collect]\nmax_bytes = 5",
        "max_bytes",
        "collect.max_bytes",
        "not a size: 5",
        'write "512m", "2g" or "64k"',
    ),
    "mode as a number": (
        'mode = "0400"',
        "mode = 400",
        "mode",
        "secrets.flag.place[0].mode",
        "not a file mode: 400",
        'write octal text such as "0400"',
    ),
    "template that is not fresh": (
        '"flag{<hex:32>}"',
        '"flag{always-this}"',
        "always-this",
        "secrets.flag.template",
        "'flag{always-this}' is not fresh: it needs a random part such as \"<hex:32>\"",
        "mend this field",
    ),
    "template of an unknown kind": (
        "<hex:32>",
        "<dice:6>",
        "dice",
        "secrets.flag.template",
        "unknown part <dice> (got 'flag{<dice:6>}')",
        "known are base64, hex, int, upper, uuid, word",
    ),
    "path that leaves the folder": (
        'source = "notes.txt"',
        'source = "../../notes.txt"',
        "source",
        "files[0].source",
        "not a path inside the folder: '../../notes.txt'",
        "absolute paths and '..' are refused",
    ),
    "relative path in a container": (
        'path = "/home/agent/notes.txt"',
        'path = "notes.txt"',
        'path = "notes.txt"',
        "files[0].path",
        "not an absolute path without '..': 'notes.txt'",
        "mend this field",
    ),
    "name of a wrong form": (
        "[secrets.flag]",
        '[secrets."The Flag"]\ntemplate = "<uuid>"\n[secrets.flag]',
        "The Flag",
        "secrets.The Flag",
        "does not have the right form (got 'The Flag')",
        'write a name of small letters, digits, - and _, such as "web-shop"',
    ),
    "unknown grader": (
        'type = "flag"',
        'type = "vibes"',
        "[grader]",
        "grader",
        "its type is missing or unknown",
        "set type to one of 'flag', 'script', 'checks'",
    ),
    "grader without type": (
        'type = "flag"\n',
        "",
        "[grader]",
        "grader",
        "its type is missing or unknown",
        "set type to one of 'flag', 'script', 'checks'",
    ),
    "grader without its field": (
        'secret = "flag"\n',
        "",
        "[grader]",
        "grader.secret",
        "is missing",
        "add it",
    ),
    "grader with a key of another": (
        'secret = "flag"\n',
        'secret = "flag"\nscript = "grade.py"\n',
        "grade.py",
        "grader.script",
        "unknown key",
        'did you mean "script"?',
    ),
}


@pytest.mark.parametrize("case", TASK_FAULTS.values(), ids=TASK_FAULTS.keys())
def test_a_fault_of_a_task_is_named_with_line_field_and_remedy(
    root: Path, case: tuple[str, ...], only_fault: OnlyFault
) -> None:
    old, new, marker, field, what, remedy = case
    assert TASK.count(old) == 1
    text = TASK.replace(old, new)
    file = write_task(root, text=text) / "task.toml"
    assert only_fault(root) == f"{file}:{line_of(text, marker)}: {field}: {what}; {remedy}"


@pytest.mark.parametrize("key", ["title", "environment", "schema"])
def test_a_missing_key_at_the_top_is_named_without_a_misleading_line(
    root: Path, key: str, only_fault: OnlyFault
) -> None:
    text = "\n".join(line for line in TASK.splitlines() if not line.startswith(f"{key} ="))
    file = write_task(root, text=text) / "task.toml"
    assert only_fault(root) == f"{file}: {key}: is missing; add it"
