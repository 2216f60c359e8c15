"""The trees drawn in docstrings are what a run writes: no file more, none less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness.evidence
import harness.store
from harness.cli.run import _finish
from harness.content.plan import make_plan
from harness.content.roots import Roots
from harness.judge.agreement import Agreement
from harness.judge.judging import Judge, judge_run
from harness.judge.rubric import load_rubric
from harness.messages import Settings
from harness.models.scripted import Script, ScriptedModel
from harness.regrade import regrade
from harness.run import Run, load_run, start_run
from harness.runner import execute
from harness.schema.config import RunConfig
from harness.store import RunStore
from harness.testing.content import write_content, write_task
from harness.testing.fake_sandbox import FakeSandboxes
from harness.testing.runs import Silent

CHECKOUT = Path(__file__).resolve().parents[1]
TASK = """\
schema = 1
title = "Say a lot"
environment = "range"
tools = ["bash", "submit"]

[grader]
type = "checks"
tests = [{ name = "said", equals = "done" }]

[collect]
files = ["/home/agent/note.txt"]
commands = [{ name = "date", run = "date", user = "agent" }]

[metadata]
domain = "autonomy"
"""
SOLUTION = "#-- a long output goes into outputs/\nseq 1 200000\n#-- the answer\necho done\n"


def drawn(docstring: str, first: str) -> list[str]:
    """The paths that a docstring draws below the line that begins with `first`."""
    lines = docstring.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith(first))
    base = len(lines[start]) - len(lines[start].lstrip())
    paths: list[str] = []
    above: list[tuple[int, str]] = []
    for line in lines[start + 1 :]:
        depth = len(line) - len(line.lstrip())
        if depth <= base:
            break
        name = line.split()[0]
        above = [(indent, folder) for indent, folder in above if indent < depth]
        paths.append("".join(folder for _, folder in above) + name)
        above.append((depth, name))
    return paths


def as_pattern(path: str, paths: list[str]) -> re.Pattern[str] | None:
    """A file's pattern; a folder with nothing drawn in it stands for whatever it holds."""
    if path.endswith("/") and any(other != path and other.startswith(path) for other in paths):
        return None
    pattern = re.sub(r"<[^>]+>", "[^/]+", re.escape(path).replace(r"\<", "<").replace(r"\>", ">"))
    return re.compile(pattern + (".+" if path.endswith("/") else ""))


def compare(folder: Path, paths: list[str]) -> tuple[set[str], set[str]]:
    """Files on disk that are not drawn, and what is drawn and not on disk."""
    patterns = {path: as_pattern(path, paths) for path in paths}
    files = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    found = {path: {f for f in files if p.fullmatch(f)} for path, p in patterns.items() if p}
    return files - set().union(*found.values()), {path for path, hits in found.items() if not hits}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    """A whole run: executed, reported, graded again."""
    root = tmp_path_factory.mktemp("content")
    write_content(root)
    write_task(root, text=TASK, files={"solution.sh": SOLUTION})
    roots = Roots((root, CHECKOUT))
    config = RunConfig(selectors=["demo"], agents=["oracle"])
    plan = make_plan(config, roots, lambda _name: None, lambda _name: True)
    sandboxes = FakeSandboxes(logs={"web": "GET /\n"}, sensors={"network": "{}\n"})
    made = start_run(plan, roots, root / "runs", sandboxes, Silent())
    outcome = execute(load_run(made), sandboxes, lambda *_: None, Silent())  # type: ignore[arg-type,return-value]
    assert _finish(outcome, as_json=True) == 0
    (graded,) = regrade(load_run(made))
    _judge(load_run(made))
    assert graded.after is not None
    assert graded.after.passed
    return made


def _judge(run: Run) -> None:
    nothing = {"turns": [{"calls": [{"name": "report", "input": {"findings": []}}]}]}
    model = ScriptedModel("scripted/nothing", Script.model_validate({"schema": 1, **nothing}))
    agreement = Agreement(1, 1, [], [], [], None)
    judge = Judge(model, load_rubric(), 1, Settings(), agreement)
    (judged,) = judge_run(run, judge)
    assert judged.judgement.trouble == ""


def test_the_tree_of_a_run_is_what_a_run_writes(store: RunStore) -> None:
    assert harness.store.__doc__
    paths = drawn(harness.store.__doc__, "runs/")
    assert compare(store.root, paths) == (set(), set())


def test_the_tree_of_evidence_is_what_collecting_writes(store: RunStore) -> None:
    (folder,) = store.root.rglob("evidence")
    assert harness.evidence.__doc__
    paths = drawn(harness.evidence.__doc__, "evidence/")
    assert compare(folder, paths) == (set(), set())


def test_a_tree_that_is_not_true_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/x.json", "b.json", "more.txt"):
        (tmp_path / name).write_text("")
    text = "root/\n    a/    a folder\n        <n>.json    one\n    b.json\n    c.json\n\nend"
    paths = drawn(text, "root/")
    assert paths == ["a/", "a/<n>.json", "b.json", "c.json"]
    assert compare(tmp_path, paths) == ({"more.txt"}, {"c.json"})
