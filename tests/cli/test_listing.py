"""`harness list` shows what there is, as a table and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.content.roots import Roots
from harness.testing.content import TASK, write_agent, write_task
from harness.testing.runs import write_run


@pytest.fixture(autouse=True)
def _several(root: Path) -> None:
    text = TASK.replace('domain = "cyber"', 'domain = "safety"').replace('["web"]', '["care"]')
    write_task(root, "demo/second", text)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["demo"], ["demo/first", "demo/second"]),
        (["demo/second"], ["demo/second"]),
        (["demo", "--domain", "safety"], ["demo/second"]),
        (["demo", "--tag", "web"], ["demo/first"]),
        (["demo", "--tag", "none"], []),
    ],
)
def test_tasks_are_filtered(cli: Any, arguments: list[str], expected: list[str]) -> None:
    ran = cli("list", "tasks", *arguments, "--json")
    assert ran.code == 0
    assert [row["id"] for row in ran.json] == expected
    table = cli("list", "tasks", *arguments).out
    assert all((f"demo/{name} " in table) == (f"demo/{name}" in expected) for name in ("first", "second"))  # fmt: skip


def test_brackets_in_what_is_shown_are_no_style(cli: Any, root: Path) -> None:
    write_task(root, "demo/second", TASK.replace("Take the flag", "Read [red] and :bug:"))
    assert "Read [red] and :bug:" in cli("list", "tasks", "demo").out


def test_all_tasks_are_listed_beside_those_of_the_checkout(cli: Any) -> None:
    names = [row["id"] for row in cli("list", "tasks", "--json").json]
    assert {"demo/first", "demo/second", "quickstart/rsa-small"} <= set(names)


def test_a_task_is_described_whole(cli: Any, root: Path) -> None:
    (row,) = cli("list", "tasks", "demo/first", "--json").json
    assert row["variants"] == ["default", "hint"]
    assert (row["grader"], row["cheats"], row["oracle"]) == ("flag", ["guess"], True)
    assert row["milestones"] == ["knocked", "read the flag"]
    assert (row["limits"]["steps"], row["limits"]["wall"]) == (20, 300.0)
    assert row["path"] == str(root / "tasks/demo/first")


def test_environments_are_listed_with_their_services(cli: Any) -> None:
    rows = {row["name"]: row for row in cli("list", "environments", "--json").json}
    assert rows["range"]["services"] == ["box", "web"]
    assert rows["range"]["network"] == "sealed"
    assert rows["workstation"]["network"] == "sealed"
    assert "A box beside a web service" in cli("list", "environments").out


def test_agents_are_listed_with_what_they_need(cli: Any) -> None:
    rows = {row["name"]: row for row in cli("list", "agents", "--json").json}
    assert rows["react"]["needs"] == "a model"
    assert rows["swift"] == {
        "name": "swift",
        "summary": "Agent swift.",
        "needs": "",
        "path": rows["swift"]["path"],
    }
    assert "scripted:<file>" in rows["scripted"]["needs"]


def test_an_agent_that_cannot_be_loaded_is_an_error_that_names_it(cli: Any, root: Path) -> None:
    path = write_agent(root, "broken")
    path.write_text("x = 1\n")
    ran = cli("list", "agents")
    assert ran.code == 2
    assert ran.err.startswith(f"harness: {path}: it has no class Agent; ")


def test_models_are_listed_with_prices(cli: Any) -> None:
    rows = cli("list", "models", "--json").json
    assert rows
    assert all(row["name"].startswith("anthropic/") and row["input_usd"] > 0 for row in rows)
    assert rows[0]["name"] in cli("list", "models").out


def test_runs_are_listed_from_their_folder(cli: Any, roots: Roots, root: Path) -> None:
    assert cli("list", "runs", "--json").json == []
    run = write_run(root / "runs", roots, agents=["swift"], epochs=3)
    (row,) = cli("list", "runs", "--json").json
    assert (row["id"], row["samples"], row["agents"]) == (run.store.id, 6, ["swift"])
    assert run.store.id in cli("list", "runs").out
    assert cli("list", "runs", "--runs", "elsewhere", "--json").json == []


def test_content_is_taken_from_a_given_path(cli: Any, tmp_path: Path) -> None:
    write_task(tmp_path / "more", "extra/third")
    ran = cli("list", "tasks", "extra", "--json", "--path", str(tmp_path / "more"))
    assert [row["id"] for row in ran.json] == ["extra/third"]


def test_tasks_tell_how_their_certificates_stand(cli: Any, root: Path) -> None:
    assert cli("list", "tasks", "demo/first", "--json").json[0]["certificate"] == "none"
    (root / "certificates/demo").mkdir(parents=True)
    (root / "certificates/demo/first.json").write_text('{"green": true, "digests": {}}')
    assert cli("list", "tasks", "demo/first", "--json").json[0]["certificate"] == "stale"
    assert "stale" in cli("list", "tasks", "demo/first").out
    elsewhere = cli("list", "tasks", "demo/first", "--certificates", "elsewhere", "--json")
    assert elsewhere.json[0]["certificate"] == "none"


def test_a_model_file_is_listed_with_what_it_pins(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "night.toml"
    file.write_text(
        'schema = 1\nname = "night"\nprovider = "openai"\nid = "qwen3"\n'
        "settings = { max_tokens = 77 }\n"
    )
    (row,) = cli("list", "models", str(file), "--json").json
    assert (row["name"], row["provider"], row["id"]) == ("night", "openai", "qwen3")
    assert row["settings"]["max_tokens"] == 77
    assert row["prices"] is None
    assert "qwen3" in cli("list", "models", str(file)).out
    refused = cli("list", "models", str(tmp_path / "absent.toml"))
    assert refused.code == 2
    assert "absent.toml: cannot be read" in refused.err
