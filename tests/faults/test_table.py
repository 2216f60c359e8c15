"""The table of faults in the documentation names tests that are there, and all of tests/faults."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
HERE = Path(__file__)


def functions(*paths: Path) -> set[str]:
    return {
        node.name
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def rows() -> list[str]:
    text = (TESTS.parent / "docs/containment.md").read_text("utf-8")
    section = text.partition("\n## Faults\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")][2:]


def test_every_row_names_tests_that_exist() -> None:
    known = functions(*TESTS.rglob("test_*.py"))
    named = [re.findall(r"`(test_\w+)`", row) for row in rows()]
    assert len(named) > 20
    assert all(named), "a row without a test"
    assert {name for row in named for name in row} - known == set()


def test_every_fault_test_stands_in_the_table() -> None:
    here = functions(*(path for path in HERE.parent.glob("test_*.py") if path != HERE))
    assert here
    assert [name for name in here if f"`{name}`" not in "\n".join(rows())] == []
