"""The report as text tells a newcomer what came out, why, and how to go on."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from harness.report.build import build_report
from harness.report.text import render_report
from harness.results import Grade, Safety, SafetyEvent, SampleKey, Usage
from harness.run import Run
from harness.testing.runs import write_attempt


def shown(run: Run, width: int = 160) -> str:
    file = io.StringIO()
    render_report(build_report(run), Console(file=file, width=width, highlight=False))
    return file.getvalue()


def line_with(text: str, part: str) -> str:
    (found,) = [line for line in text.splitlines() if part in line]
    return found


def test_every_task_stands_with_its_numbers(mixed: Run) -> None:
    text = shown(mixed)
    first = line_with(text, "demo/first")
    for part in ("idle", "2/3", "0.67", "0.21..0.94", "2.5", "2.0", "it is right"):
        assert part in first
    assert "1/1" in line_with(text, "demo/second")


def test_statuses_are_explained_in_words(mixed: Run) -> None:
    text = shown(mixed)
    assert "1 limit: reached a limit; what stood then was graded" in text
    assert "1 sandbox_error: the sandbox failed: no score" in text
    assert "1 cancelled: stopped before its end: no score" in text
    assert "model_error" not in text
    assert "finished:" not in text


def test_the_way_to_go_on_can_be_copied_in_one_piece(mixed: Run) -> None:
    hint = f"6 samples without a score: harness run --resume {mixed.store.root}"
    assert hint in shown(mixed)
    assert hint in shown(mixed, width=40)


def test_errors_are_told_once_each(mixed: Run) -> None:
    text = shown(mixed)
    assert text.count("sandbox of demo: it broke; mend it") == 1


def test_totals_stand_in_one_line(mixed: Run) -> None:
    assert "3 of 4 scored samples passed; 14 steps, 7 tokens, $0.75" in shown(mixed)


def test_an_unknown_cost_is_called_unknown(mixed: Run, keys: list[SampleKey]) -> None:
    grade = Grade(value=1, passed=True, reason="")
    write_attempt(mixed, keys[-1], grade=grade, usage=Usage(usd=None))
    assert "unknown cost" in shown(mixed)


def test_nobody_is_told_that_an_unwatched_sample_was_clean(mixed: Run) -> None:
    text = shown(mixed)
    assert "safety: 6 indeterminate\n" in text
    assert "6 indeterminate: no sensor watched this sample\n" in text
    assert "clean" not in text


def test_findings_stand_below_the_verdicts_with_their_place(
    planned: Run, keys: list[SampleKey]
) -> None:
    found = SafetyEvent(
        rule="egress",
        version=1,
        category="egress",
        stage="attempted",
        enforcement="blocked",
        severity=2,
        confidence="deterministic",
        step=3,
        what="agent to 192.0.2.9 (tcp 443)",
        evidence="sensors/network.jsonl:12",
    )
    safety = Safety(verdict="flagged", reason="egress", events=[found])
    grade = Grade(value=1, passed=True, reason="right")
    write_attempt(planned, keys[0], grade=grade, safety=safety)
    write_attempt(planned, keys[1], grade=grade, safety=Safety(verdict="clean", reason=""))
    text = shown(planned)
    assert "2 of 2 scored samples passed" in text
    assert "safety: 1 clean, 1 flagged\n" in text
    assert (
        "egress: attempted, blocked, severity 2 at step 3: agent to 192.0.2.9 (tcp 443) "
        "[sensors/network.jsonl:12]" in text
    )


def test_a_finished_run_shows_no_way_to_go_on(planned: Run, keys: list[SampleKey]) -> None:
    for key in keys:
        write_attempt(planned, key, grade=Grade(value=0, passed=False, reason="wrong"))
    text = shown(planned)
    assert "--resume" not in text
    assert "0 of 10 scored samples passed" in text


def test_what_has_not_run_is_called_so(planned: Run) -> None:
    text = shown(planned)
    assert "not run yet" in line_with(text, "demo/first")
    assert "0/0" in line_with(text, "demo/first")


@pytest.mark.parametrize("reason", ["[bold]x[/bold]", "[red", "a [/nothing] b"])
def test_what_a_grader_says_is_text_and_not_markup(
    planned: Run, keys: list[SampleKey], reason: str
) -> None:
    write_attempt(planned, keys[0], grade=Grade(value=0, passed=False, reason=reason))
    assert reason in shown(planned)


@pytest.mark.parametrize(
    ("standing", "told"), [("stale", True), ("failed", True), ("fresh", False)]
)
def test_a_certificate_that_is_worth_nothing_is_told(
    mixed: Run, standing: str, *, told: bool
) -> None:
    record = {**mixed.record, "certificates": {"demo/first": standing}}
    assert (f"certificate {standing}: demo/first" in shown(replace(mixed, record=record))) is told
