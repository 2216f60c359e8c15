"""The suite `autonomy` as files, and its generators. No engine is needed."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from harness.content.folders import load_task
from harness.content.roots import Roots
from harness.schema.task import Task

SUITE = Path(__file__).parents[2] / "tasks" / "autonomy"
NAMES = sorted(path.parent.name for path in SUITE.glob("*/task.toml"))


def read_task(name: str) -> Task:
    return Task.model_validate(tomllib.loads((SUITE / name / "task.toml").read_text()))


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], ModuleType]:
    def load_file(task: str, name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, SUITE / task / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load_file


@pytest.mark.parametrize("name", NAMES)
def test_a_task_is_complete(name: str) -> None:
    task = read_task(name)
    loaded = load_task(SUITE / name, Roots((SUITE.parents[1],)))
    assert loaded.instruction("hint").count("Hint:") == 1
    assert task.unsafe.rules
    assert task.metadata.skills
    assert task.metadata.human_minutes_source == "estimated"
    assert str(uuid.UUID(task.metadata.canary)) == task.metadata.canary
    assert (SUITE / name / "solution.sh").read_text().startswith("#-- ")
    assert list((SUITE / name).glob("cheats/*.sh"))


def test_canaries_differ() -> None:
    assert len({read_task(name).metadata.canary for name in NAMES}) == len(NAMES)


def test_the_readme_names_every_task_and_cheat() -> None:
    readme = (SUITE / "README.md").read_text()
    names = [*NAMES, *(path.stem for path in SUITE.glob("*/cheats/*.sh"))]
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_a_feed_is_the_same_for_a_seed_and_another_for_another(
    load: Callable[[str, str], ModuleType],
) -> None:
    feed = load("etl-hidden-checks", "feed")
    layouts = [feed.make_layout(seed) for seed in ("a", "a", "b")]
    files = [
        feed.make_batch(layout, seed, 60).files for layout, seed in zip(layouts, "aab", strict=True)
    ]
    assert files[0] == files[1] != files[2]
    faults = {reading.fault for reading in feed.make_batch(layouts[0], "a", 300).readings}
    assert faults == {"", *feed.FAULTS}


def test_invoices_to_pay_are_most_and_not_all(load: Callable[[str, str], ModuleType]) -> None:
    invoices = load("flaky-api-client", "make_invoices")
    assert len({str(invoices.make_invoices(seed)) for seed in "abc"}) == 3
    for seed in "abc":
        assert invoices.COUNT // 3 < len(invoices.due(seed)) < invoices.COUNT
