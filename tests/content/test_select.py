"""Selectors name tasks; one that names none is refused with a near name."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.content.roots import Roots
from harness.content.select import select_tasks
from harness.errors import ContentErrors, UsageError
from harness.testing.content import TASK, write_content, write_task

SAFE = TASK.replace('domain = "cyber"', 'domain = "safety"').replace('["web"]', '["care", "http"]')


@pytest.fixture
def several(root: Path) -> Roots:
    """demo/first, demo/second (safety, care), extra/first."""
    write_task(root, "demo/second", SAFE)
    write_task(root, "extra/first")
    return Roots((root,))


def names(selectors: list[str], roots: Roots) -> list[str]:
    return [task.id for task in select_tasks(selectors, roots)]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("all", ["demo/first", "demo/second", "extra/first"]),
        ("demo", ["demo/first", "demo/second"]),
        ("demo/first", ["demo/first"]),
        ("demo/s*", ["demo/second"]),
        ("*/first", ["demo/first", "extra/first"]),
        ("tag:care", ["demo/second"]),
        ("tag:web", ["demo/first", "extra/first"]),
        ("domain:safety", ["demo/second"]),
    ],
)
def test_a_selector_names_its_tasks(selector: str, expected: list[str], several: Roots) -> None:
    assert names([selector], several) == expected


def test_a_path_names_a_task_or_a_suite(several: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = several.paths[0] / "tasks" / "demo"
    assert names([str(folder / "first")], several) == ["demo/first"]
    assert names([str(folder)], several) == ["demo/first", "demo/second"]
    monkeypatch.chdir(folder)
    assert names(["./second"], several) == ["demo/second"]


def test_tasks_named_twice_come_once_and_in_order(several: Roots) -> None:
    chosen = names(["extra", "demo/first", "tag:web"], several)
    assert chosen == ["demo/first", "extra/first"]


@pytest.mark.parametrize(
    ("selector", "advice"),
    [
        ("demo/frist", "did you mean demo/first"),
        ("dmeo", "did you mean demo"),
        ("secnd", "did you mean second"),
        ("tag:nothing-like-it", "suites here: demo, extra; see `harness list tasks`"),
    ],
)
def test_a_selector_without_a_match_is_refused_with_what_is_near(
    selector: str, advice: str, several: Roots
) -> None:
    with pytest.raises(UsageError) as caught:
        select_tasks(["demo", selector], several)
    assert str(caught.value).startswith(f"selector {selector!r}: matches no task; {advice}")


def test_a_tag_is_found_although_another_task_cannot_be_read(several: Roots) -> None:
    write_task(several.paths[0], "demo/broken", "this is not TOML")
    assert names(["tag:care"], several) == ["demo/second"]


def test_the_same_task_in_two_roots_is_refused_with_both_paths(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_content(other)
    with pytest.raises(ContentErrors) as caught:
        select_tasks(["all"], Roots((root, other)))
    first, second = (path / "tasks" / "demo" / "first" for path in (root, other))
    expected = f"{second}: the task demo/first stands in {first} too; rename one"
    assert str(caught.value) == expected
