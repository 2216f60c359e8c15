"""The report as data: its stable keys, and numbers that count only what was scored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.events import RunFinished, RunStarted
from harness.report.build import build_report, unscored_by_infrastructure
from harness.results import Grade, Safety, SampleKey, Status, Usage
from harness.run import Run
from harness.stats import wilson
from harness.store import Transcript
from harness.testing.runs import write_attempt

# The design's section 7; more keys may stand beside them.
RUN = {"id", "name", "path", "started", "finished", "models", "agents"}
TASK = {
    "task", "variant", "model", "agent", "samples", "scored", "passed", "score_mean", "pass_rate",
    "interval", "statuses", "safety",
}  # fmt: skip
SAMPLE = {
    "task", "variant", "model", "agent", "epoch", "attempt", "status", "score", "passed", "safety",
    "steps", "tokens", "usd", "seconds", "path", "error",
}  # fmt: skip


def grade(*, yes: bool) -> Grade:
    return Grade(value=float(yes), passed=yes, reason="")


def row(report: dict[str, Any], task: str) -> dict[str, Any]:
    (found,) = [each for each in report["tasks"] if each["task"] == task]
    return dict(found)


def test_the_report_has_the_keys_that_were_promised_and_is_json(mixed: Run) -> None:
    report = json.loads(json.dumps(build_report(mixed)))
    assert report.keys() == {"schema", "run", "tasks", "samples", "totals"}
    assert report["schema"] == 1
    assert report["run"].keys() >= RUN
    assert all(each.keys() >= TASK for each in report["tasks"])
    assert all(each.keys() >= SAMPLE for each in report["samples"])
    assert report["tasks"][0]["safety"].keys() == {"clean", "flagged", "indeterminate"}


def test_the_run_is_named_with_what_it_ran(mixed: Run) -> None:
    run = build_report(mixed)["run"]
    assert (run["id"], run["name"]) == (mixed.store.id, "probe")
    assert (run["path"], run["models"], run["agents"]) == (
        str(mixed.store.root),
        ["none"],
        ["idle"],
    )


def test_only_scored_samples_count_for_the_rate(mixed: Run) -> None:
    first = row(build_report(mixed), "demo/first")
    assert (first["samples"], first["scored"], first["passed"]) == (5, 3, 2)
    assert first["score_mean"] == first["pass_rate"] == pytest.approx(2 / 3)
    assert first["interval"] == pytest.approx(wilson(2, 3))
    assert first["statuses"] == {"finished": 2, "limit": 1, "sandbox_error": 1}


def test_of_several_attempts_the_scored_one_stands(mixed: Run) -> None:
    report = build_report(mixed)
    (sample,) = [
        each for each in report["samples"] if each["task"] == "demo/second" and each["epoch"] == 1
    ]
    assert (sample["attempt"], sample["status"], sample["error"]) == (2, "finished", None)
    assert (mixed.store.root / sample["path"] / "result.json").is_file()
    assert row(report, "demo/second")["statuses"] == {"finished": 1, "cancelled": 1}


def test_a_scored_attempt_is_not_hidden_by_a_later_one_without_a_score(
    planned: Run, keys: list[SampleKey]
) -> None:
    write_attempt(planned, keys[0], grade=grade(yes=True))
    write_attempt(planned, keys[0], status=Status.SANDBOX_ERROR)
    write_attempt(planned, keys[1], status=Status.MODEL_ERROR)
    write_attempt(planned, keys[1], status=Status.CANCELLED)
    told = [(each["attempt"], each["status"]) for each in build_report(planned)["samples"]]
    assert told == [(1, "finished"), (2, "cancelled")]


def test_a_sample_without_a_score_has_none_and_tells_why(mixed: Run) -> None:
    samples = build_report(mixed)["samples"]
    (lost,) = [each for each in samples if each["status"] == "sandbox_error"]
    assert (lost["score"], lost["passed"], lost["reason"]) == (None, None, None)
    assert lost["error"] == "sandbox of demo: it broke; mend it"


def test_totals_add_up_and_tell_what_has_not_run(mixed: Run) -> None:
    totals = build_report(mixed)["totals"]
    assert (totals["planned"], totals["samples"], totals["not_run"]) == (10, 6, 4)
    assert (totals["scored"], totals["passed"]) == (4, 3)
    assert (totals["steps"], totals["tokens"], totals["usd"]) == (14, 7, 0.75)
    assert totals["safety"] == {"clean": 0, "flagged": 0, "indeterminate": 6}


def test_one_unknown_cost_makes_the_total_unknown(mixed: Run, keys: list[SampleKey]) -> None:
    write_attempt(mixed, keys[-1], grade=grade(yes=True), usage=Usage(usd=None))
    report = build_report(mixed)
    assert report["totals"]["usd"] is None
    assert [each["usd"] for each in report["samples"]].count(None) == 1


def test_safety_verdicts_are_counted(planned: Run, keys: list[SampleKey]) -> None:
    for key, verdict in zip(keys, ("clean", "flagged", "flagged", "indeterminate"), strict=False):
        write_attempt(planned, key, safety=Safety(verdict=verdict, reason=""))  # type: ignore[arg-type]
    safety = build_report(planned)["totals"]["safety"]
    assert safety == {"clean": 1, "flagged": 2, "indeterminate": 1}


def test_a_run_without_any_sample_has_no_rate(planned: Run) -> None:
    report = build_report(planned)
    first = row(report, "demo/first")
    assert (first["samples"], first["scored"]) == (5, 0)
    assert [first[name] for name in ("score_mean", "pass_rate", "interval")] == [None, None, None]
    assert report["samples"] == []
    assert (report["totals"]["not_run"], report["totals"]["usd"]) == (10, 0.0)


def test_the_end_of_a_run_is_read_from_its_log(planned: Run) -> None:
    assert build_report(planned)["run"]["ended"] == "running or killed"
    log = Transcript(planned.store.events)
    log.append(RunStarted(resumed=False, process="pid 1"))
    log.append(RunFinished(reason="done"))
    finished = build_report(planned)["run"]
    assert (finished["ended"], finished["finished"] is not None) == ("done", True)
    log.append(RunStarted(resumed=True, process="pid 2"))
    again = build_report(planned)["run"]
    log.close()
    assert (again["ended"], again["finished"]) == ("running or killed", None)


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    assert wilson(7, 10) == pytest.approx((0.397, 0.892), abs=5e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.278), abs=5e-4)
    assert wilson(10, 10) == pytest.approx((0.722, 1.0), abs=5e-4)
    assert wilson(0, 0) is None


def test_a_wider_confidence_is_a_wider_interval() -> None:
    narrow, wide = wilson(7, 10, 0.8), wilson(7, 10, 0.99)
    assert narrow is not None
    assert wide is not None
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize("status", Status)
def test_infrastructure_is_what_failed_and_neither_a_score_nor_a_wish(status: Status) -> None:
    failed = status not in {Status.FINISHED, Status.LIMIT, Status.REFUSED, Status.CANCELLED}
    assert unscored_by_infrastructure({str(status): 3, "finished": 9}) == (3 if failed else 0)
