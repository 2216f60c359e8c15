"""`harness new` writes content that loads as it stands, and never over anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.content.agents import load_agent
from harness.content.folders import load_environment, load_task
from harness.content.roots import Roots

CHECKOUT = Path(__file__).resolve().parents[2]


def test_a_new_task_loads_without_faults(cli: Any, here: Path) -> None:
    ran = cli("new", "task", "my-suite/my-task")
    assert ran.code == 0
    folder = here / "tasks/my-suite/my-task"
    task = load_task(folder, Roots((here, CHECKOUT)))
    assert task.id == "my-suite/my-task"
    assert task.suite.title == "my-suite"
    assert task.cheats == ["guess"]
    assert task.solution.is_file()
    written = {line.removeprefix("wrote ") for line in ran.out.splitlines()[:-1]}
    assert written == {str(p.relative_to(here)) for p in (here / "tasks").rglob("*") if p.is_file()}
    assert ran.out.splitlines()[-1] == "try it: harness run my-suite/my-task --agent oracle"


def test_two_new_tasks_share_a_suite_and_no_canary(cli: Any, here: Path) -> None:
    for name in ("one", "two"):
        assert cli("new", "task", f"suite/{name}").code == 0
    roots = Roots((here, CHECKOUT))
    canaries = [
        load_task(here / "tasks/suite" / name, roots).task.metadata.canary
        for name in ("one", "two")
    ]
    assert len(set(canaries)) == 2


def test_a_new_environment_loads_without_faults(cli: Any, here: Path) -> None:
    assert cli("new", "environment", "my-place").code == 0
    found = load_environment(here / "environments/my-place").environment
    assert list(found.services) == ["workstation", "web"]
    compile((here / "environments/my-place/web/server.py").read_text(), "server.py", "exec")


def test_a_new_agent_loads_and_asks_a_model(cli: Any, here: Path) -> None:
    assert cli("new", "agent", "my-agent").code == 0
    found = load_agent("my-agent", Roots((here,)))
    assert (found.make().name, found.wants_model) == ("my-agent", True)


def test_new_content_may_go_elsewhere(cli: Any, here: Path) -> None:
    assert cli("new", "agent", "mine", "--into", "content/deep").code == 0
    assert (here / "content/deep/agents/mine.py").is_file()
    assert not (here / "agents").exists()


@pytest.mark.parametrize(
    ("kind", "name", "file"),
    [
        ("task", "suite/mine", "tasks/suite/mine/solution.sh"),
        ("environment", "mine", "environments/mine/README.md"),
        ("agent", "mine", "agents/mine.py"),
    ],
)
def test_what_exists_is_never_overwritten_and_nothing_is_written_beside_it(
    cli: Any, here: Path, kind: str, name: str, file: str
) -> None:
    path = here / file
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    ran = cli("new", kind, name)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"harness: {file}: exists already; choose another name\n"
    assert path.read_text() == "mine"
    assert [each for each in here.rglob("*") if each.is_file()] == [path]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("task", "no-suite"),
        ("task", "a/b/c"),
        ("task", "../up/task"),
        ("task", "Suite/task"),
        ("environment", "a/b"),
        ("environment", ".."),
        ("environment", "-x-"),
        ("agent", "my agent"),
        ("agent", "mine.py"),
        ("agent", "x" * 64),
        ("agent", ""),
    ],
)
def test_a_bad_name_is_refused_with_an_example(cli: Any, here: Path, kind: str, name: str) -> None:
    ran = cli("new", kind, "--", name)
    assert (ran.code, ran.out) == (2, "")
    example = "my-suite/my-task" if kind == "task" else f"my-{kind}"
    assert ran.err.startswith(f"harness: name {name!r}: is not a name")
    assert ran.err.endswith(f"; write it like {example}\n")
    assert list(here.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(cli: Any, here: Path) -> None:
    (here / "file").write_text("")
    ran = cli("new", "agent", "mine", "--into", "file")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("harness: file/agents/mine.py: cannot be written (")
    assert ran.err.endswith("; name a folder of yours with --into\n")
