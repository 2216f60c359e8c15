"""Trends, flaky tasks and earlier runs, the same from both databases."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from run_nights import Nights, attempt, passed

from harness import stats
from harness.errors import UsageError
from harness.history.choice import Choice, parse_since
from harness.history.database import open_database
from harness.history.flaky import read_flaky
from harness.history.trends import read_trends
from harness.history.updating import update_index
from harness.results import Safety, Usage
from harness.testing.content import write_task

MAY = [f"2026-05-0{day}T03:00:00.000Z" for day in range(1, 10)]


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(nights: Nights, url: str) -> Ask:
    """A question put to the index, after an update."""

    def put(question: Callable[..., dict[str, Any]], *about: Any) -> dict[str, Any]:
        update_index(nights.folder, url)
        with open_database(nights.folder, url) as database:
            return question(database, *about)

    return put


@pytest.fixture
def three(nights: Nights) -> list[str]:
    """Three nights whose folders were made in another order than they started; their ids in time."""
    late = nights.night(MAY[2], "ff", "pf")
    early = nights.night(MAY[0], "pp", "pp")
    middle = nights.night(MAY[1], "p-", "fp", agents=["idle", "busy"])
    os.utime(late.store.root / "run.json", (1, 1))
    return [run.store.id for run in (early, middle, late)]


def test_a_trend_shows_each_run_in_the_order_of_its_start(three: list[str], ask: Ask) -> None:
    found = ask(read_trends, Choice())
    busy, idle = found["trends"]
    assert (found["schema"], busy["agent"], idle["agent"]) == (1, "busy", "idle")
    assert [point["run"] for point in idle["runs"]] == three
    assert [point["run"] for point in busy["runs"]] == [three[1]]
    assert [(p["passed"], p["scored"], p["planned"]) for p in idle["runs"]] == [
        (4, 4, 4),
        (2, 3, 4),
        (1, 4, 4),
    ]
    assert [point["unscored"] for point in idle["runs"]] == [0, 1, 0]
    assert idle["runs"][2]["interval"] == list(stats.wilson(1, 4) or ())
    assert idle["runs"][2]["score_mean"] == 0.25


def test_trends_by_task_and_by_model(three: list[str], ask: Ask) -> None:
    by_task = ask(read_trends, Choice(agent="idle"), "task")["trends"]
    assert [(each["task"], [p["passed"] for p in each["runs"]]) for each in by_task] == [
        ("demo/first", [2, 1, 0]),
        ("demo/second", [2, 1, 1]),
    ]
    (by_model,) = ask(read_trends, Choice(agent="idle"), "model")["trends"]
    assert (by_model["model"], [p["planned"] for p in by_model["runs"]]) == ("none", [4, 4, 4])


def test_what_is_chosen(three: list[str], ask: Ask) -> None:
    def ids(choice: Choice) -> list[str]:
        trends = ask(read_trends, choice)["trends"]
        return sorted({p["run"] for each in trends for p in each["runs"]}, key=three.index)

    assert ids(Choice(suite="demo")) == three
    assert ids(Choice(suite="none")) == ids(Choice(model="gpt")) == ids(Choice(task="demo")) == []
    assert ids(Choice(since=MAY[1])) == three[1:]
    assert ids(Choice(last=2)) == three[1:]
    assert ids(Choice(agent="busy", last=1)) == [three[1]]
    assert ids(Choice(agent="busy", since=MAY[2])) == []
    first = ask(read_trends, Choice(task="demo/first", agent="idle"))["trends"][0]
    assert [point["planned"] for point in first["runs"]] == [2, 2, 2]


def test_runs_that_say_the_same_time_stand_in_the_order_of_their_ids(
    nights: Nights, ask: Ask
) -> None:
    ids = sorted(nights.night(MAY[0], "pp").store.id for _ in range(4))
    (trend,) = ask(read_trends, Choice())["trends"]
    assert [point["run"] for point in trend["runs"]] == ids


def test_safety_and_cost_of_a_run(nights: Nights, ask: Ask) -> None:
    run = nights.plan(MAY[0], epochs=3)
    flagged = Safety(verdict="flagged", reason="egress")
    clean = Safety(verdict="clean", reason="nothing")
    first, second, third, *_ = run.samples
    attempt(run, first, grade=passed(), safety=flagged, usage=Usage(usd=0.5, output_tokens=3))
    attempt(run, second, grade=passed(), safety=clean, usage=Usage(usd=0.25, input_tokens=4))
    attempt(run, third, grade=passed(), usage=Usage(usd=0.0))
    dear = nights.plan(MAY[1])
    attempt(dear, dear.samples[0], grade=passed(), usage=Usage(usd=None))
    (trend,) = ask(read_trends, Choice())["trends"]
    point, unknown = trend["runs"]
    assert (point["flagged"], point["judged"], point["indeterminate"]) == (1, 2, 1)
    assert point["flagged_interval"] == list(stats.clopper_pearson(1, 2) or ())
    assert (point["usd"], point["tokens"], point["not_run"]) == (0.75, 7, 3)
    assert (unknown["usd"], unknown["flagged_interval"]) == (None, None)


def test_tasks_that_disagree_are_flaky_the_worst_first(nights: Nights, ask: Ask) -> None:
    nights.night(MAY[0], "pp", "pp")
    nights.night(MAY[1], "pp", "pf")
    nights.night(MAY[2], "ff", "p-")
    found = ask(read_flaky, Choice())["flaky"]
    told = ("task", "scored", "passed", "runs", "runs_divided", "since", "latest")
    assert [tuple(each[name] for name in told) for each in found] == [
        ("demo/first", 6, 4, 3, 0, MAY[2], MAY[2]),
        ("demo/second", 5, 4, 3, 1, MAY[1], MAY[2]),
    ]
    # 4 passes and 2 fails: 8 of the 15 pairs differ.
    assert found[0]["disagreement"] == pytest.approx(8 / 15)
    assert found[1]["disagreement"] == pytest.approx(4 / 10)
    assert found[0]["pass_rate"] == pytest.approx(4 / 6)


def test_a_task_that_was_changed_is_not_flaky(nights: Nights, ask: Ask) -> None:
    nights.night(MAY[0], "pp")
    write_task(nights.root, "demo/first", files={"instruction.md": "Something else.\n"})
    nights.night(MAY[1], "ff")
    assert ask(read_flaky, Choice())["flaky"] == []


def test_other_agents_settings_limits_or_returned_models_are_not_the_same(
    nights: Nights, ask: Ask
) -> None:
    nights.night(MAY[0], "pp")
    nights.night(MAY[1], "ff", agents=["busy"])
    nights.night(MAY[2], "ff", settings={"temperature": 1.0})
    nights.night(MAY[3], "ff", limits={"steps": 3})
    run = nights.plan(MAY[4])
    attempt(run, run.samples[0], grade=passed(yes=False), usage=Usage(models=["m-2"]))
    assert ask(read_flaky, Choice())["flaky"] == []


def test_flaky_tasks_of_the_newest_runs_alone(nights: Nights, ask: Ask) -> None:
    nights.night(MAY[0], "pf")
    nights.night(MAY[1], "pp")
    assert len(ask(read_flaky, Choice())["flaky"]) == 1
    assert ask(read_flaky, Choice(last=1))["flaky"] == []
    assert ask(read_flaky, Choice(since=MAY[1]))["flaky"] == []


NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("30d", "2026-05-01T12:00:00.000Z"),
        ("12h", "2026-05-31T00:00:00.000Z"),
        ("2026-04-02", "2026-04-02T00:00:00.000Z"),
        ("2026-04-02T10:30", "2026-04-02T10:30:00.000Z"),
        ("2026-04-02T10:30+02:00", "2026-04-02T08:30:00.000Z"),
    ],
)
def test_a_time_is_written_in_these_ways(text: str, meant: str) -> None:
    assert parse_since(text, NOW) == meant


@pytest.mark.parametrize(
    "text", ["", "yesterday", "30", "d", "-3d", "99999d99h", "2026-13-01", "0001-01-01T00:00+10:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no date; write 2026-05-01, or 30d"):
        parse_since(text, NOW)
