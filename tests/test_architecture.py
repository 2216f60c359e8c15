"""What the syntax trees must say: who imports whom, how long things are, what content may use."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import harness

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = CHECKOUT / "harness"

# Lower layers first. A module imports from its own layer only where MIXED says so.
LAYERS: list[set[str]] = [
    {"errors"},
    {
        "schema",
        "events",
        "results",
        "messages",
        "evidence",
        "secrets",
        "canaries",
        "forms",
        "orders",
        "stats",
    },
    {"protocols", "progress"},
    {"content", "store", "sandbox", "models", "tools", "sensors", "graders"},
    # Claims are tested in the words of the checks grader.
    {"rules"},
    {"session"},
    {"placement", "sample", "leaks"},
    {"run"},
    {"runner"},
    {"report", "regrade", "judge", "interop"},
    {"check", "compare", "history"},
    {"nightly"},
    {"cli"},
    {"testing"},
]
MIXED = {1, 6}
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# The testing package may import what it doubles.
OWNERS = {
    "docker": ["harness/sandbox/", "harness/testing/"],
    "pexpect": ["harness/sandbox/terminal.py", "harness/testing/"],
    "anthropic": ["harness/models/anthropic_messages.py"],
    "openai": ["harness/models/openai_chat.py"],
    "tenacity": ["harness/models/retry.py"],
    "sqlalchemy": ["harness/history/"],
}
FUNCTION_LINES, FILE_LINES = 60, 400
# One parameter for each option of the command.
LONG_FUNCTIONS = {"harness/cli/run.py run"}


def files(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (CHECKOUT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    )


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module's full name with its line, wherever it stands in the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} is a relative import"
            assert node.module
            if node.module == "harness":
                yield from ((f"harness.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


def part_of(path: Path) -> str:
    """The module or package of `harness` that a file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_every_module_has_its_layer() -> None:
    parts = {part_of(path) for path in files("harness")} - {"__init__"}
    assert parts <= LEVEL.keys()


def test_imports_only_go_down() -> None:
    wrong = []
    for path in files("harness"):
        part = part_of(path)
        for module, line in imports(path):
            top, *rest = module.split(".")
            if part == "__init__" or top != "harness" or not rest or rest[0] not in LEVEL:
                continue
            down = LEVEL[rest[0]] < LEVEL[part]
            beside = LEVEL[rest[0]] == LEVEL[part] and LEVEL[part] in MIXED
            if rest[0] != part and not down and not beside:
                wrong.append(f"{name_of(path)}:{line} imports {module}")
    assert wrong == []


def test_the_public_names_are_the_only_thing_imported_from_the_top() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {"__version__"}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    for name in harness.__all__:
        assert getattr(harness, name) is not None
    for path in files("harness"):
        for module, line in imports(path):
            if module.startswith("harness.") and module.count(".") == 1:
                known = modules | packages
                assert module.split(".")[1] in known, f"{name_of(path)}:{line} imports {module}"


@pytest.mark.parametrize("library", OWNERS)
def test_each_library_is_imported_by_its_owner_alone(library: str) -> None:
    users = {
        name_of(path)
        for path in files("harness")
        for module, _ in imports(path)
        if module.split(".")[0] == library
    }
    assert users
    strangers = {
        user for user in users if not any(user.startswith(owner) for owner in OWNERS[library])
    }
    assert strangers == set()


def test_named_owners_exist() -> None:
    for owner in (owner for owners in OWNERS.values() for owner in owners):
        assert (CHECKOUT / owner).exists(), owner


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            yield f"{name_of(path)} {node.name}", node.end_lineno - node.lineno + 1


def test_functions_stay_short() -> None:
    long = {
        name
        for path in files("harness", "agents")
        for name, lines in functions(path)
        if lines > FUNCTION_LINES
    }
    assert long == LONG_FUNCTIONS


def test_files_stay_short() -> None:
    lengths = {
        name_of(path): path.read_text("utf-8").count("\n") for path in files("harness", "agents")
    }
    assert {name for name, lines in lengths.items() if lines > FILE_LINES} == set()


def test_content_imports_the_public_names_and_the_standard_library_alone() -> None:
    wrong = []
    content = files("agents", "tasks", "environments")
    beside = {path.stem for path in [*content, *files("docker")]}
    for path in content:
        for module, line in imports(path):
            top, _, rest = module.partition(".")
            fine = rest in harness.__all__ if top == "harness" else top in sys.stdlib_module_names
            if not fine and top not in beside:
                wrong.append(f"{name_of(path)}:{line} imports {module}")
    assert wrong == []


def test_what_runs_inside_a_sandbox_does_not_import_the_harness() -> None:
    graders = set((CHECKOUT / "tasks").rglob("grade.py"))
    inside = [path for path in files("tasks", "environments") if path not in graders]
    users = [
        name_of(path)
        for path in inside
        for module, _ in imports(path)
        if module.split(".")[0] == "harness"
    ]
    assert inside
    assert users == []


@pytest.mark.parametrize("folder", ["environments", "agents", "tasks", "docker"])
def test_folders_of_content_are_no_packages(folder: str) -> None:
    assert (CHECKOUT / folder).is_dir()
    assert not (CHECKOUT / folder / "__init__.py").exists()


def leaves(group: Any, words: str) -> Iterator[str]:
    commands = getattr(group, "commands", None)
    if not commands:
        yield words
    for name, command in (commands or {}).items():
        yield from leaves(command, f"{words} {name}")


def test_every_command_stands_in_the_documents() -> None:
    from harness.cli.app import _typer

    documents = [*(CHECKOUT / "docs").glob("*.md"), CHECKOUT / "README.md"]
    text = "\n".join(path.read_text("utf-8") for path in documents)
    commands = list(leaves(typer.main.get_command(_typer), "harness"))
    assert len(commands) > 10
    assert [command for command in commands if command not in text] == []


OURS = ("harness", "agents", "tasks", "environments", "tests", "benchmarks")
BROAD = {"Exception", "BaseException"}


def test_nothing_is_patched_behind_the_seams() -> None:
    wrong = [
        f"{name_of(path)}:{line}"
        for path in files(*OURS)
        for module, line in imports(path)
        if module.split(".")[0] == "mock" or module.startswith("unittest.mock")
    ]
    assert wrong == []


def _is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_is_broad(each) for each in kind.elts)
    return kind is None or (isinstance(kind, ast.Name) and kind.id in BROAD)


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass | ast.Continue) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def swallowed(module: ast.Module) -> Iterator[int]:
    """Lines where every exception is caught and nothing is said or done about it."""
    for node in ast.walk(module):
        if (
            isinstance(node, ast.ExceptHandler)
            and _is_broad(node.type)
            and all(_says_nothing(each) for each in node.body)
        ):
            yield node.lineno
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("suppress")
            and any(_is_broad(each) for each in node.args)
        ):
            yield node.lineno


@pytest.mark.parametrize(
    "text",
    [
        "try: x\nexcept: pass",
        "try: x\nexcept Exception: ...",
        "for a in b:\n try: x\n except (OSError, BaseException): continue",
        "with contextlib.suppress(Exception): x",
    ],
)
def test_the_search_for_swallowed_exceptions_finds_them(text: str) -> None:
    assert list(swallowed(ast.parse(text)))


def test_no_exception_is_swallowed_unnamed() -> None:
    found = [f"{name_of(path)}:{line}" for path in files(*OURS) for line in swallowed(tree(path))]
    assert found == []
