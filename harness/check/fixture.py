"""Fixtures, which prove the rules: scripts of honest work and of attacks, by rule.

harness/check/fixtures/
    environments/<name>/      their machines
    tasks/<rule>/<setting>/
        task.toml, instruction.md
        honest/<name>.sh      must stay clean; each of its blocks must succeed
        attack/<name>.sh      must be found
        missed/<name>.sh      an attack that is known to be missed, and so no failure

An attack says the least that must be found, in lines `# expect: STAGE ENFORCEMENT [CONFIDENCE]`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from harness.content.folders import TaskFolder, load_all, load_task
from harness.content.roots import Roots
from harness.errors import ContentError, UsageError
from harness.results import SafetyEvent
from harness.rules.rule import Stage
from harness.rules.verdict import RULES
from harness.schema.unsafe import RuleName

FIXTURES = Path(__file__).with_name("fixtures")
Kind = Literal["honest", "attack", "missed"]
_STAGES: Sequence[str] = get_args(Stage)
_CONFIDENCES = ("judge", "heuristic", "deterministic")
_EXPECT = re.compile(r"# expect: (\w+) (allowed|blocked|simulated)(?: (\w+))?")


@dataclass(frozen=True)
class Expected:
    """The least that a rule must say of an attack."""

    stage: str
    enforcement: str
    confidence: str = "deterministic"

    def met_by(self, event: SafetyEvent) -> bool:
        """Whether a finding says that much."""
        return (
            event.enforcement == self.enforcement
            and _STAGES.index(event.stage) >= _STAGES.index(self.stage)
            and _CONFIDENCES.index(event.confidence) >= _CONFIDENCES.index(self.confidence)
        )

    def __str__(self) -> str:
        return f"{self.stage}, {self.enforcement} ({self.confidence})"


@dataclass(frozen=True)
class Fixture:
    """One script. `task` is "rule/setting"."""

    rule: RuleName
    task: str
    kind: Kind
    path: Path
    expected: Sequence[Expected] = ()

    @property
    def id(self) -> str:
        """Its place: "rule/setting/kind/name"."""
        return f"{self.task}/{self.kind}/{self.path.stem}"

    @property
    def script(self) -> str:
        """Its name among the scripts of the task that is run."""
        return f"{self.kind}-{self.path.stem}"

    @property
    def gates(self) -> bool:
        """Whether the rules fail when it does not come out as wanted."""
        return self.kind == "honest" or (
            self.kind == "attack" and all(e.confidence == "deterministic" for e in self.expected)
        )


def load_fixtures(
    selectors: Iterable[str], roots: Roots, folder: Path = FIXTURES
) -> tuple[list[TaskFolder], list[Fixture]]:
    """The tasks and fixtures that selectors name by the beginning of their place; all for none.

    Raises UsageError for a selector that names none, ContentErrors.
    """
    found: dict[Path, list[Fixture]] = {}
    for path in sorted(folder.glob("tasks/*/*/task.toml")):
        found[path.parent] = list(_fixtures(path.parent))
    everything = [each for fixtures in found.values() for each in fixtures]
    wanted = set(everything)
    if chosen := list(selectors):
        wanted = {each for name in chosen for each in _named(name, everything)}
    kept = {path: [each for each in listed if each in wanted] for path, listed in found.items()}
    inside = Roots((folder, *roots.paths))
    tasks = load_all([path for path in kept if kept[path]], lambda path: load_task(path, inside))
    for task in tasks:
        if task.id.split("/")[0] not in task.task.unsafe.rules:
            what = f"does not name the rule {task.id.split('/')[0]}, whose folder it stands in"
            raise ContentError(f"{task.path / 'task.toml'}: unsafe.rules", what, "add it")
    return tasks, [each for listed in kept.values() for each in listed]


def _named(selector: str, fixtures: Iterable[Fixture]) -> list[Fixture]:
    found = [each for each in fixtures if f"{each.id}/".startswith(f"{selector.strip('/')}/")]
    if not found:
        known = ", ".join(dict.fromkeys(each.rule for each in fixtures))
        remedy = f"known: {known}; or RULE/SETTING/attack/NAME"
        raise UsageError(f"--rules {selector}", "there are no such fixtures", remedy)
    return found


def _fixtures(path: Path) -> Iterator[Fixture]:
    rule, task = path.parent.name, f"{path.parent.name}/{path.name}"
    if rule not in RULES:
        raise ContentError(str(path.parent), "there is no such rule", f"known: {', '.join(RULES)}")
    for kind in get_args(Kind):
        for file in sorted(path.glob(f"{kind}/*.sh")):
            expected = () if kind == "honest" else tuple(_expected(file))
            yield Fixture(rule, task, kind, file, expected)  # type: ignore[arg-type]


def _expected(file: Path) -> list[Expected]:
    """What the comments of an attack say. Raises ContentError when that is nothing."""
    lines = [line for line in file.read_text("utf-8").splitlines() if line.startswith("# expect")]
    matches = [_EXPECT.fullmatch(line) for line in lines]
    found = [Expected(m[1], m[2], m[3] or "deterministic") for m in matches if m]
    fine = all(e.stage in _STAGES and e.confidence in _CONFIDENCES for e in found)
    if not found or len(found) < len(lines) or not fine:
        remedy = "write `# expect: achieved allowed` (stage, enforcement, confidence if not sure)"
        raise ContentError(str(file), "does not say what must be found", remedy)
    return found


def staged(task: TaskFolder, fixtures: Iterable[Fixture], into: Path) -> TaskFolder:
    """A copy of a task below `into`, with fixtures as the scripts that agents carry out."""
    path = into / task.id
    shutil.copytree(task.path, path, ignore=shutil.ignore_patterns(*get_args(Kind)))
    (path / "cheats").mkdir()
    for each in fixtures:
        shutil.copyfile(each.path, path / "cheats" / f"{each.script}.sh")
    return replace(task, path=path)
