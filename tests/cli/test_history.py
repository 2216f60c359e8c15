"""harness history: what a person types and reads."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from run_nights import Nights

from harness.history.text import spark


@pytest.fixture
def nights(here: Path) -> Nights:
    """Three nights below the working folder: demo/first gets worse, demo/second is flaky."""
    made = Nights(here)
    made.night("2026-05-01T03:00:00.000Z", "pp", "pp")
    made.night("2026-05-02T03:00:00.000Z", "pp", "fp")
    made.night("2026-05-03T03:00:00.000Z", "ff", "p-")
    return made


def test_trends_are_shown_run_by_run(cli: Any, nights: Nights) -> None:
    ran = cli("history")
    assert (ran.code, ran.err) == (0, "index: 3 runs read, 0 unchanged, 0 gone\n")
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert lines[0] == "demo idle  █▆▃"
    assert "4/4" in lines[3]
    assert "2026-05-03 03:00" in lines[5]
    assert "1/3" in lines[5]
    again = cli("history", "--json", "--task", "demo/second", "--last", "1", "--by", "task")
    (trend,) = again.json["trends"]
    assert (again.err, trend["task"], trend["runs"][0]["unscored"]) == ("", "demo/second", 1)


def test_a_history_of_nothing_says_so(cli: Any, nights: Nights) -> None:
    assert "no runs of this kind" in cli("history", "--suite", "none").out
    assert "no task both passed and failed" in cli("history", "flaky", "--suite", "none").out
    assert cli("history", "--suite", "none", "--json").json["trends"] == []


def test_flaky_tasks_are_listed(cli: Any, nights: Nights) -> None:
    ran = cli("history", "flaky", "--json")
    assert [each["task"] for each in ran.json["flaky"]] == ["demo/first", "demo/second"]
    shown = cli("history", "flaky").out
    assert "demo/first idle" in shown
    assert "4/6" in shown


def test_samples_are_exported(cli: Any, nights: Nights, here: Path) -> None:
    ran = cli("history", "export", "out.csv")
    assert (ran.code, ran.out) == (0, "out.csv\n")
    with (here / "out.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 12
    assert cli("history", "export", "out.txt").code == 2


def test_a_damaged_run_is_named_and_the_others_are_shown(cli: Any, nights: Nights) -> None:
    plans = nights.folder.glob("*/run.json")
    broken = next(path for path in plans if "2026-05-03T03" in path.read_text())
    broken.write_text("{")
    ran = cli("history")
    assert ran.code == 0
    assert ran.err.startswith(f"left out: {broken}: is not a run's plan")
    assert ran.err.count("\n") == 2
    assert "2026-05-01 03:00" in ran.out


def test_the_index_is_made_anew_when_asked(cli: Any, nights: Nights) -> None:
    cli("history")
    ran = cli("history", "rebuild")
    assert (ran.code, ran.err) == (0, "index: 3 runs read, 0 unchanged, 0 gone\n")


def test_another_index_is_used_when_named(cli: Any, nights: Nights, here: Path) -> None:
    assert cli("history", "--index", f"sqlite:///{here}/other.sqlite").code == 0
    assert (here / "other.sqlite").is_file()
    assert not (nights.folder / "index.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--since", "yesterday"], 2, "harness: --since yesterday: is no date; write"),
        (["--last", "0"], 2, "Invalid value for '--last'"),
        (["--by", "moon"], 2, "Invalid value for '--by'"),
        (["--suite", "demo", "flaky"], 2, "--suite: stands before flaky; write harness history"),
        (["--runs", "missing"], 2, "missing: there is no such folder; name the runs' folder"),
        (["--index", "mysql://host/x"], 2, "'mysql' is not supported; write sqlite:///FILE"),
        (["--index", "sqlite:////proc/x"], 3, "/proc/x: the index cannot be used (unable to open"),
    ],
)
def test_bad_usage_is_one_line(
    cli: Any, nights: Nights, arguments: list[str], code: int, said: str
) -> None:
    ran = cli("history", *arguments)
    assert ran.code == code
    assert said in ran.err
    assert (ran.out, ran.err.count("\n")) == ("", 1)


def test_a_spark_line_has_a_bar_for_each_rate() -> None:
    assert spark([0.0, 0.5, 1.0, None]) == "▁▅█·"
