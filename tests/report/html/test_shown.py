"""Text of terminals and models: coloured, whole, and harmless."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from harness.report.html.shown import plain, terminal


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain <b>", "plain &lt;b&gt;"),
        ("\x1b[31mred\x1b[0m.", '<span class="t-f1">red</span>.'),
        ("\x1b[1;32mgo\x1b[m", '<span class="t-bold t-f2">go</span>'),
        ("\x1b[1m\x1b[32mgo", '<span class="t-bold t-f2">go</span>'),
        ("\x1b[41m<\x1b[49m>", '<span class="t-b1">&lt;</span>&gt;'),
        ("\x1b[7;31mback", '<span class="t-b1">back</span>'),
        ("\x1b[38;2;255;0;0mtrue", '<span class="t-f1">true</span>'),
        ("\x1b[38;5;196mpalette", '<span class="t-f1">palette</span>'),
        ("a\x1b[2J\x1b[1;1H\x1b[Kb", "ab"),
        ("\x1b]0;title\x07shown", "shown"),
        ("\x1b]8;;javascript:alert(1)\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdcs\x1b\\shown", "shown"),
        ("over\rwritten\r\nnext", "over⟨CR⟩\nwritten\nnext"),
        ("nul\x00bell\x07", "nul⟨NUL⟩bell⟨BEL⟩"),
    ],
)
def test_a_terminals_output_is_text_with_classes(text: str, html: str) -> None:
    assert terminal(text) == Markup(html)  # noqa: S704


@pytest.mark.parametrize("text", ["\x1b[8mhidden", "\x1b[30;40mhidden", "\x1b[31;41mhidden"])
def test_colours_hide_nothing(text: str) -> None:
    assert terminal(text) == "hidden"


def test_an_unfinished_sequence_hides_nothing_behind_it() -> None:
    assert "behind" in terminal("\x1b]0;never closed behind")
    assert "behind" in terminal("\x1b[31") + "behind"
    assert "behind" in terminal("\x1bPnever closed behind")


def test_colours_that_are_never_reset_cost_a_bounded_amount() -> None:
    shown = terminal("\x1b[31m\x1b[1mx" * 5000)
    assert shown.count("<span") == 5000
    assert len(shown) < 5000 * 60


def test_what_cannot_be_seen_is_shown() -> None:
    assert plain("a\u202eb\u200bc\ud800d\x7f") == "a⟨U+202E⟩b⟨U+200B⟩c⟨U+D800⟩d⟨DEL⟩"
    assert plain("tab\tline\né 漢 🎉") == "tab\tline\né 漢 🎉"
