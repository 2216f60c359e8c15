"""A root of content in an empty folder, and nothing of this checkout or machine beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.content.folders import load_task
from harness.content.roots import Roots
from harness.errors import ContentErrors
from harness.testing.content import write_content

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_PATH", raising=False)
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    monkeypatch.chdir(empty)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one environment and one task."""
    folder = tmp_path / "root"
    write_content(folder)
    return folder


@pytest.fixture
def roots(root: Path) -> Roots:
    """That folder, and this checkout for its agents."""
    return Roots((root, CHECKOUT))


@pytest.fixture
def faults_of() -> Callable[[Path], list[str]]:
    """What is told of the task demo/first of a root."""

    def load(root: Path) -> list[str]:
        with pytest.raises(ContentErrors) as caught:
            load_task(root / "tasks" / "demo" / "first", Roots((root,)))
        return [str(fault) for fault in caught.value.errors]

    return load


@pytest.fixture
def only_fault(faults_of: Callable[[Path], list[str]]) -> Callable[[Path], str]:
    """The same, when it is one fault."""

    def load(root: Path) -> str:
        (fault,) = faults_of(root)
        return fault

    return load
