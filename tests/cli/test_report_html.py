"""`harness report --format`: which form is made, where pages go, and what excludes what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.content.roots import Roots
from harness.results import Grade
from harness.run import Run
from harness.testing.content import write_agent, write_content
from harness.testing.runs import write_attempt, write_run


@pytest.fixture
def run(here: Path) -> Run:
    """A run of two samples, one of which passed."""
    root = here / "root"
    write_content(root)
    write_agent(root, "idle")
    made = write_run(here / "runs", Roots((root,)), epochs=2)
    write_attempt(made, made.samples[0], grade=Grade(value=1, passed=True, reason="right"))
    return made


def test_pages_go_into_the_runs_folder_and_their_index_is_printed_last(cli: Any, run: Run) -> None:
    ran = cli("report", "last", "--format", "html")
    index = run.store.root / "report-html" / "index.html"
    assert (ran.code, ran.out.splitlines()[-1]) == (0, str(index))
    assert {path.name for path in index.parent.iterdir()} == {
        "index.html", "pages", "report.css", "report.js",
    }  # fmt: skip


def test_pages_go_where_output_says(cli: Any, run: Run, here: Path) -> None:
    ran = cli("report", "last", "--format", "html", "--output", "for-the-board")
    assert ran.out.splitlines()[-1] == str(here / "for-the-board" / "index.html")
    assert (here / "for-the-board" / "pages" / "0001.html").is_file()


def test_a_report_in_a_runs_folder_changes_nothing_in_it(cli: Any, run: Run) -> None:
    before = cli("report", "last", "--json").json
    cli("report", "last", "--format", "html")
    assert cli("report", "last", "--json").json == before
    assert cli("grade", "last", "--json").code == 0


def test_format_json_is_json_and_text_is_the_default(cli: Any, run: Run) -> None:
    assert cli("report", "last", "--format", "json").json == cli("report", "last", "--json").json
    assert cli("report", "last", "--format", "text").out == cli("report", "last").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--json", "--format", "html"], "--json: it is not --format html; drop one of them"),
        (["--output", "x"], "--output: only pages go to a folder; add --format html"),
        (["--secrets", "--format", "html"], "--secrets: secrets are not written to pages"),
        (["--format", "pdf"], "'pdf' is not one of 'text', 'json', 'html'"),
    ],
)
def test_options_that_exclude_each_other_are_refused(
    cli: Any, run: Run, options: list[str], said: str
) -> None:
    ran = cli("report", "last", *options)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_folder_with_another_index_is_left_alone(cli: Any, run: Run, here: Path) -> None:
    (here / "index.html").write_text("mine")
    ran = cli("report", "last", "--format", "html", "--output", ".")
    assert ran.code != 0
    assert "is no report of the harness; name another folder with --output" in ran.err
    assert (here / "index.html").read_text() == "mine"
    assert sorted(path.name for path in here.iterdir()) == ["index.html", "root", "runs"]
