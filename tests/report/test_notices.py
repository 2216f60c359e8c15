"""A run with stored replies says so at the top of its report."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.content.roots import Roots
from harness.events import Noted
from harness.models.cache import NOTES
from harness.report.build import build_report
from harness.report.text import render_report
from harness.results import Usage
from harness.run import Run
from harness.store import Transcript
from harness.testing.content import write_agent, write_content
from harness.testing.runs import write_attempt, write_run


@pytest.fixture
def with_cache(tmp_path: Path) -> Run:
    root = tmp_path / "root"
    write_content(root)
    write_agent(root, "idle")
    folder = str(tmp_path / "cache")
    return write_run(tmp_path / "runs", Roots((root,)), epochs=2, generation_cache=folder)


def shown(run: Run) -> str:
    file = io.StringIO()
    render_report(build_report(run), Console(file=file, width=60, highlight=False))
    return file.getvalue()


def test_stored_replies_are_counted_before_all_numbers(with_cache: Run) -> None:
    first, second = with_cache.samples
    write_attempt(with_cache, first, usage=Usage(model_calls=30, cached_calls=17))
    write_attempt(with_cache, second, usage=Usage(model_calls=10))
    said = (
        "17 of 40 model replies came from the generation cache: "
        "costs and times are not those of the model"
    )
    report = build_report(with_cache)
    assert report["run"]["notices"] == [said]
    assert [sample["cached_replies"] for sample in report["samples"]] == [17, 0]
    assert shown(with_cache).splitlines()[1] == f"NOTICE: {said}"


def test_a_cache_that_gave_nothing_is_told_too(with_cache: Run) -> None:
    write_attempt(with_cache, with_cache.samples[0], usage=Usage(model_calls=3))
    (said,) = build_report(with_cache)["run"]["notices"]
    assert said == "the generation cache was on; none of 3 model replies came from it"


def test_what_could_not_be_used_is_told_a_few_times(with_cache: Run) -> None:
    log = Transcript(with_cache.store.events)
    for number in range(7):
        log.append(Noted(source=NOTES, text=f"file {number}: cannot be used"))
    log.close()
    notices = build_report(with_cache)["run"]["notices"]
    assert notices[1] == "generation cache: file 0: cannot be used"
    assert notices[6:] == ["generation cache: 2 more such lines in the run's log"]


def test_without_a_cache_there_is_nothing_to_notice(mixed: Run) -> None:
    assert build_report(mixed)["run"]["notices"] == []
    assert "NOTICE" not in shown(mixed)
