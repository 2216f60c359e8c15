"""A private suite elsewhere: the same format, found by its path, with this repository's environments."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.engine


def test_a_private_suite_is_listed_run_and_kept_out_of_everything_else(harness, tmp_path):
    folder = tmp_path / "held-out"
    assert harness("new", "task", "mine/first", "--into", str(folder)).code == 0
    file = folder / "tasks" / "mine" / "first" / "task.toml"
    text = file.read_text()
    assert "split" not in text
    file.write_text(text.replace("[metadata]", '[metadata]\nsplit = "private"'))
    (listed,) = json.loads(harness("list", "tasks", "mine", "--path", str(folder), "--json").out)
    assert (listed["id"], listed["metadata"]["split"]) == ("mine/first", "private")
    ran = harness("run", "mine", "--path", str(folder), "--agent", "oracle", "--json")
    assert ran.sample("mine/first")["passed"] is True
    assert harness("list", "tasks", "mine").code == 2, "without its path nobody finds it"
    assert harness("report", "last").code == 0, "a run keeps its own copy"
