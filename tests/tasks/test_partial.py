"""Who stops half-way earns the milestones that were reached, and no more.

`partial/<suite>/<task>.sh` is a solution that stops; its lines `# reaches: <milestone>` say what that
is worth. All of a suite are run at once, as the solutions of copies of the tasks.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from command_line import CHECKOUT, CommandLine

PARTIAL = Path(__file__).parent / "partial"


def copy_suite(suite: str, content: Path) -> dict[str, set[str]]:
    """Copies of the tasks with the partial solutions, and the milestones that each reaches."""
    target = content / "tasks" / "partial"
    target.mkdir(parents=True)
    shutil.copy(CHECKOUT / "tasks" / suite / "suite.toml", target)
    reached = {}
    for script in sorted((PARTIAL / suite).glob("*.sh")):
        shutil.copytree(CHECKOUT / "tasks" / suite / script.stem, target / script.stem)
        shutil.copy(script, target / script.stem / "solution.sh")
        names = re.findall(r"(?m)^# reaches: (.+)$", script.read_text())
        reached[f"partial/{script.stem}"] = set(names)
    return reached


@pytest.mark.engine
@pytest.mark.parametrize("suite", sorted(path.name for path in PARTIAL.iterdir()))
def test_a_partial_solution_earns_the_milestones_it_reached(suite, tmp_path):
    wanted = copy_suite(suite, tmp_path / "content")
    harness = CommandLine(tmp_path / "runs", tmp_path / "content")
    ran = harness("run", "partial", "--agent", "oracle", "--json")
    samples = {each["task"]: each for each in ran.report["samples"]}
    assert {task: each["reason"] for task, each in samples.items() if each["score"] is None} == {}
    found = {
        task: {name for name, value in each["milestones"].items() if value}
        for task, each in samples.items()
    }
    assert found == wanted
    assert {task: 0 < each["score"] < 1 for task, each in samples.items()} == dict.fromkeys(
        wanted, True
    )
    assert not any(each["passed"] for each in samples.values())
