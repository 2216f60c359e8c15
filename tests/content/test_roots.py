"""Content is looked for in --path, then $HARNESS_PATH, the working folder, and the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.content.roots import PACKAGE, Roots, find_roots
from harness.errors import UsageError
from harness.testing.content import ENVIRONMENT, write_content, write_environment


def test_earlier_roots_come_first_and_each_stands_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, first, second, here = (tmp_path / name for name in ("given", "first", "second", "here"))
    for folder in (given, first, second, here):
        write_content(folder)
    monkeypatch.setenv("HARNESS_PATH", os.pathsep.join(map(str, (first, second, given))))
    monkeypatch.chdir(here)
    assert find_roots([given]).paths == (given, first, second, here, PACKAGE.parent)


def test_a_working_folder_without_content_is_no_root() -> None:
    assert Path.cwd() not in find_roots().paths


@pytest.mark.parametrize("where", ["--path", "HARNESS_PATH"])
def test_a_named_folder_that_is_missing_is_refused_by_the_name_of_its_origin(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    if where == "HARNESS_PATH":
        monkeypatch.setenv("HARNESS_PATH", f"{tmp_path}{os.pathsep}{gone}")
    with pytest.raises(UsageError) as caught:
        find_roots([gone] if where == "--path" else [])
    assert str(caught.value) == f"{where}: {gone} is not a folder; name a folder with content"


def test_of_two_environments_of_the_same_name_the_earlier_root_wins(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    write_environment(mine)
    write_environment(theirs)
    write_environment(theirs, "other", ENVIRONMENT)
    found = Roots((mine, theirs)).children("environments", "environment.toml")
    assert found == {
        "range": mine / "environments" / "range",
        "other": theirs / "environments" / "other",
    }
