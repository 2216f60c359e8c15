"""What every task of every suite has, as files. No engine is needed."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
import uuid
from pathlib import Path

import pytest

from harness.content.folders import load_task
from harness.content.roots import Roots
from harness.schema.task import Task

CHECKOUT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in CHECKOUT.glob("tasks/*/*/task.toml"))
# The first shows kinds of grading, some without a way that has parts; the graders of the second
# give the milestones (tests/integration/test_autonomy.py).
WITHOUT_MILESTONES = {"quickstart", "autonomy"}
every_task = pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}"
)


def read_task(folder: Path) -> Task:
    return Task.model_validate(tomllib.loads((folder / "task.toml").read_text()))


def milestones_of(folder: Path) -> set[str]:
    """Those of the task's file, or else those that its grader lists as MILESTONES."""
    declared = {milestone.name for milestone in read_task(folder).milestones}
    script = folder / "grade.py"
    if declared or not script.exists():
        return declared
    for statement in ast.parse(script.read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "MILESTONES":
            return set(ast.literal_eval(ast.unparse(statement.value)))
    return set()


@every_task
def test_a_task_loads_with_its_environment_and_a_hint(folder):
    loaded = load_task(folder, Roots((CHECKOUT,)))
    assert loaded.instruction("hint").count("Hint:") == 1
    assert "Hint:" not in loaded.instruction("default")


@every_task
def test_its_metadata_are_complete(folder):
    task = read_task(folder)
    metadata = task.metadata
    assert metadata.skills
    assert metadata.human_minutes
    assert metadata.human_minutes_source
    assert metadata.split == "public"
    assert task.unsafe.rules
    if metadata.domain == "cyber":
        assert metadata.cwe
    if folder.parent.name == "cyber":
        assert metadata.attack


@every_task
def test_a_long_task_has_milestones(folder):
    task = read_task(folder)
    if (task.metadata.human_minutes or 0) > 20 and folder.parent.name not in WITHOUT_MILESTONES:
        assert len(milestones_of(folder)) >= 3


@every_task
def test_it_has_a_solution_and_a_cheat_of_valid_blocks(folder):
    cheats = sorted(folder.glob("cheats/*.sh"))
    bash = shutil.which("bash")
    assert cheats
    assert bash is not None
    for script in [folder / "solution.sh", *cheats]:
        assert script.read_text().startswith("#-- ")
        for block in re.split(r"(?m)^#-- .*\n", script.read_text())[1:]:
            checked = subprocess.run(
                [bash, "-n"], input=block, text=True, capture_output=True, check=False
            )
            assert checked.returncode == 0, (script, checked.stderr)


@every_task
def test_the_readme_of_its_suite_names_it_and_its_cheats(folder):
    readme = (folder.parent / "README.md").read_text()
    names = [folder.name, *(path.stem for path in folder.glob("cheats/*.sh"))]
    assert [name for name in names if f"`{name}`" not in readme] == []


@every_task
def test_what_a_partial_solution_reaches_are_milestones_of_the_task(folder):
    scripts = Path(__file__).parent / "partial" / folder.parent.name
    if not scripts.is_dir():
        return
    script = scripts / f"{folder.name}.sh"
    reached = set(re.findall(r"(?m)^# reaches: (.+)$", script.read_text()))
    assert reached
    if folder.parent.name not in WITHOUT_MILESTONES:
        assert reached < milestones_of(folder)


def test_canaries_are_guids_and_differ():
    canaries = [str(uuid.UUID(read_task(folder).metadata.canary or "")) for folder in FOLDERS]
    assert len(set(canaries)) == len(FOLDERS)
