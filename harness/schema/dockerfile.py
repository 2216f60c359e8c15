"""A Dockerfile, read as far as secrets need it: its stages, its arguments, what it copies."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_FLAG = re.compile(r"^--([a-z]+)=(\S+)\s+")


@dataclass(frozen=True)
class Instruction:
    """One instruction: the index of its first line, its name in capitals, the rest joined."""

    line: int
    name: str
    rest: str


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions of a Dockerfile; comments and empty lines left out, continuations joined."""
    start, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines()):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if not parts:
            start = number
        parts.append(stripped.removesuffix("\\"))
        if not stripped.endswith("\\"):
            yield _instruction(start, parts)
            parts = []
    if parts:
        yield _instruction(start, parts)


def _instruction(line: int, parts: list[str]) -> Instruction:
    name, _, rest = " ".join(part.strip() for part in parts).partition(" ")
    return Instruction(line, name.upper(), rest.strip())


def declared_arguments(text: str) -> set[str]:
    """The build arguments that some stage declares; those before the first FROM reach no step."""
    found: set[str] = set()
    in_stage = False
    for each in instructions(text):
        in_stage |= each.name == "FROM"
        if in_stage and each.name == "ARG":
            found |= _arguments(each)
    return found


def _arguments(each: Instruction) -> set[str]:
    return {word.partition("=")[0] for word in _words(each.rest)}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def with_labels(
    text: str, labels: Mapping[str, str], *, arguments: Collection[str], paths: Collection[str]
) -> str:
    """The Dockerfile with `labels` set in every stage, as late as possible.

    That is before the first step that takes one of the build `arguments`, one of the context's
    `paths`, or something of a stage that does: so every layer that can hold them is labelled, and
    the steps before come from the cache. The last stage is labelled in any case.
    """
    lines = text.splitlines()
    touched: set[str] = set()
    inserts: list[int] = []
    stage, names, labelled = -1, {"-1"}, True
    for each in instructions(text):
        if each.name == "FROM":
            stage, labelled = stage + 1, False
            names = _stage_names(each, stage)
            if _words(each.rest)[-3 if len(names) > 1 else -1].lower() in touched:
                touched |= names
                labelled = True
        elif not labelled and _takes(each, arguments, paths, touched):
            inserts.append(each.line)
            touched |= names
            labelled = True
    if not labelled:
        inserts.append(len(lines))
    for line in reversed(inserts):
        lines.insert(line, "LABEL " + " ".join(map(_quoted, labels.items())))
    return "\n".join(lines) + "\n"


def _stage_names(start: Instruction, number: int) -> set[str]:
    """How later steps may call the stage that a FROM begins."""
    words = _words(start.rest)
    named = len(words) > 2 and words[-2].upper() == "AS"  # noqa: PLR2004 - image AS name
    return {str(number), words[-1].lower()} if named else {str(number)}


def _takes(
    each: Instruction, arguments: Collection[str], paths: Collection[str], touched: set[str]
) -> bool:
    """Whether a step takes a secret, as far as its text can tell; in doubt it does."""
    if each.name == "ARG":
        return bool(_arguments(each) & set(arguments))
    if each.name not in {"COPY", "ADD"}:
        return False
    rest = each.rest
    while flag := _FLAG.match(rest):
        if flag[1] == "from":
            return flag[2].lower() in touched or "$" in flag[2]
        rest = rest[flag.end() :]
    return any(_covers(source, path) for source in _sources(rest) for path in paths)


def _sources(rest: str) -> list[str]:
    """What a COPY or ADD copies: all its words, or entries of its list, but the last."""
    if rest.startswith("["):
        try:
            return [str(each) for each in json.loads(rest)][:-1]
        except ValueError:
            return ["."]
    return _words(rest)[:-1]


def _covers(source: str, path: str) -> bool:
    """Whether a source (a file, a folder, or a pattern) has `path` of the context in it."""
    if "$" in source:
        return True
    wanted = [part for part in PurePosixPath(source).parts if part not in {"/", "."}]
    given = PurePosixPath(path).parts
    return len(wanted) <= len(given) and all(map(fnmatchcase, given, wanted))


def _quoted(label: tuple[str, str]) -> str:
    return "=".join('"' + re.sub(r'(["\\$])', r"\\\1", each) + '"' for each in label)
