"""The line that a message names is the line where the field is written."""

from __future__ import annotations

import pytest

from harness.content.lines import line_of

TEXT = """\
title = "a"
[limits]
# steps = 1
steps = 20
[[tests]]
name = "one"
[[tests]]
name = "two"
extra = { deep = { name = "three" } }
[tests.more]
name = "four"
[[tests]]
[tests.more]
name = "five"
[other]
title = "b"
dotted.key = 1
"quoted key" = 2
"""


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (("title",), 1),
        (("limits",), 2),
        (("limits", "steps"), 4),
        (("tests", 0, "name"), 6),
        (("tests", 1, "name"), 8),
        (("tests", 1, "extra", "deep", "name"), 9),
        (("tests", 1, "more", "name"), 11),
        (("tests", 2, "more", "name"), 14),
        (("other", "title"), 16),
        (("other", "dotted", "key"), 17),
        (("other", "quoted key"), 18),
        (("limits", "gone"), 2),
        (("gone",), None),
        ((), None),
    ],
)
def test_a_field_is_found_in_its_own_table(
    location: tuple[int | str, ...], line: int | None
) -> None:
    assert line_of(TEXT.replace("# steps = 1", "# a remark"), location) == line


def test_an_empty_file_has_no_lines() -> None:
    assert line_of("", ("title",)) is None
