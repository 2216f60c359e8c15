"""edit: as Anthropic's text editor, and told precisely what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.protocols import Sandbox, Workbench


@pytest.fixture
def edit(tool: Any, bench: Workbench) -> Any:
    return tool("edit", bench)


@pytest.fixture
def file(sandbox: Sandbox, home: str) -> str:
    """A file of ten lines, by its path."""
    text = "".join(f"line {number}\n" for number in range(1, 11))
    sandbox.write(f"{home}/ten.txt", text.encode())
    return f"{home}/ten.txt"


def text_of(sandbox: Sandbox, path: str) -> str:
    return sandbox.read(path).decode()


def test_viewing_numbers_the_lines(edit: Any, file: str) -> None:
    lines = edit(command="view", path=file).content.splitlines()
    assert lines[0] == "     1\tline 1"
    assert lines[9] == "    10\tline 10"


def test_viewing_a_range_gives_just_that(edit: Any, file: str) -> None:
    content = edit(command="view", path=file, view_range=(3, 4)).content
    assert content == "     3\tline 3\n     4\tline 4"
    rest = edit(command="view", path=file, view_range=(9, -1)).content
    assert rest.startswith("     9\tline 9\n    10\tline 10")


def test_a_range_beyond_the_end_stops_there(edit: Any, file: str) -> None:
    assert "line 10" in edit(command="view", path=file, view_range=(8, 400)).content


@pytest.mark.parametrize("view_range", [(0, 3), (4, 3), (-2, 5), (50, 60), (50, -1)])
def test_a_senseless_range_is_told_what_would_be_right(
    edit: Any, file: str, view_range: tuple[int, int]
) -> None:
    result = edit(command="view", path=file, view_range=view_range)
    assert result.is_error
    assert "1..11" in result.content


def test_viewing_a_folder_lists_it(edit: Any, file: str, home: str) -> None:
    assert "ten.txt" in edit(command="view", path=home).content


def test_creating_writes_the_whole_with_the_folders_above(
    edit: Any, sandbox: Sandbox, home: str
) -> None:
    path = f"{home}/new/deep/ž 猫.txt"
    result = edit(command="create", path=path, file_text="no newline at the end, $x `y` 'z'")
    assert not result.is_error
    assert text_of(sandbox, path) == "no newline at the end, $x `y` 'z'"
    edit(command="create", path=path, file_text="")
    assert text_of(sandbox, path) == ""


def test_replacing_changes_the_one_place_and_shows_it(
    edit: Any, sandbox: Sandbox, file: str
) -> None:
    result = edit(command="str_replace", path=file, old_str="line 5\n", new_str="five\nand more\n")
    assert not result.is_error
    assert "     5\tfive\n     6\tand more\n" in result.content
    lines = text_of(sandbox, file).splitlines()
    assert lines[3:7] == ["line 4", "five", "and more", "line 6"]


def test_replacing_without_a_new_text_deletes(edit: Any, sandbox: Sandbox, file: str) -> None:
    edit(command="str_replace", path=file, old_str="line 10\n")
    assert text_of(sandbox, file).endswith("line 9\n")


@pytest.mark.parametrize(
    ("old", "said"), [("line 1", "occurs 2 times"), ("line 77", "does not occur")]
)
def test_what_does_not_occur_exactly_once_is_not_replaced(
    edit: Any, sandbox: Sandbox, file: str, old: str, said: str
) -> None:
    before = text_of(sandbox, file)
    result = edit(command="str_replace", path=file, old_str=old, new_str="x")
    assert result.is_error
    assert said in result.content
    assert text_of(sandbox, file) == before


@pytest.mark.parametrize(("line", "index"), [(0, 0), (3, 3), (10, 10)])
def test_inserting_puts_lines_after_the_named_one(
    edit: Any, sandbox: Sandbox, file: str, line: int, index: int
) -> None:
    result = edit(command="insert", path=file, insert_line=line, insert_text="a\nb\n")
    assert not result.is_error
    lines = text_of(sandbox, file).splitlines()
    assert lines[index : index + 2] == ["a", "b"]
    assert len(lines) == 12
    assert text_of(sandbox, file).endswith("\n")


def test_inserting_beyond_the_end_is_told_how_far_it_goes(edit: Any, file: str) -> None:
    result = edit(command="insert", path=file, insert_line=99, insert_text="a")
    assert result.is_error
    assert "0..11" in result.content


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"command": "create"}, "create needs file_text"),
        ({"command": "str_replace"}, "str_replace needs old_str"),
        ({"command": "str_replace", "old_str": ""}, "str_replace needs old_str"),
        ({"command": "insert", "insert_line": 1}, "insert needs insert_line and insert_text"),
    ],
)
def test_missing_arguments_are_named(
    edit: Any, file: str, arguments: dict[str, Any], said: str
) -> None:
    result = edit(path=file, **arguments)
    assert result.is_error
    assert said in result.content


@pytest.mark.parametrize(
    "arguments",
    [
        {"command": "view", "path": "relative.txt"},
        {"command": "undo", "path": "/x"},
        {"command": "view", "path": "/x", "line": 3},
        {"command": "insert", "path": "/x", "insert_line": -1, "insert_text": ""},
    ],
)
def test_arguments_of_another_shape_are_refused(edit: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        edit(**arguments)


def test_a_missing_file_is_told_by_its_name(edit: Any, home: str) -> None:
    result = edit(command="view", path=f"{home}/missing.txt")
    assert result.is_error
    assert "missing.txt" in result.content


def test_a_binary_file_is_left_to_bash(edit: Any, sandbox: Sandbox, home: str) -> None:
    sandbox.write(f"{home}/binary", b"\xff\xfe\x00")
    result = edit(command="str_replace", path=f"{home}/binary", old_str="a", new_str="b")
    assert result.is_error
    assert "not UTF-8" in result.content
    assert sandbox.read(f"{home}/binary") == b"\xff\xfe\x00"


def test_line_ends_and_the_missing_last_newline_stay(
    edit: Any, sandbox: Sandbox, home: str
) -> None:
    sandbox.write(f"{home}/dos.txt", b"one\r\ntwo\r\nthree")
    edit(command="str_replace", path=f"{home}/dos.txt", old_str="two", new_str="2")
    assert sandbox.read(f"{home}/dos.txt") == b"one\r\n2\r\nthree"


def test_a_long_file_is_cut_for_the_model(edit: Any, sandbox: Sandbox, home: str) -> None:
    sandbox.write(f"{home}/long", b"x" * 79 * 1000 + b"\n")
    content = edit(command="view", path=f"{home}/long").content
    assert len(content) < 21_000
    assert "cut here" in content


def test_odd_names_are_just_names(edit: Any, sandbox: Sandbox, home: str) -> None:
    path = f"{home}/-n $(touch pwned); 'x'"
    edit(command="create", path=path, file_text="1\n")
    assert edit(command="view", path=path).content.startswith("     1\t1")
    assert sandbox.exec(["ls", "pwned"]).exit_code != 0
