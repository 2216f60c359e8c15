"""Parts of a night: its ledger, what may go, when it is decided, its page for a CI."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.compare.side import EARLY
from harness.errors import StoreError, UsageError
from harness.nightly.junit import write_junit
from harness.nightly.ledger import Ledger
from harness.nightly.notify import notify
from harness.nightly.retention import remove_old_runs
from harness.nightly.stopping import Decision
from harness.results import Grade, Safety, SampleKey, SampleResult, Status, Usage
from harness.schema.nightly import Notify, Retention

NOW = datetime(2026, 1, 31, tzinfo=UTC)
KEY = ("s", "m", "a")


def spend(ledger: Ledger, run: str, *, code: int = 0, flagged: int = 0, days: int = 0) -> Path:
    """A night that ended, with a run of so many days ago."""
    folder = ledger.runs / run
    folder.mkdir(parents=True)
    started = (NOW - timedelta(days=days)).isoformat()
    (folder / "run.json").write_text(json.dumps({"started": started}))
    report = {"totals": {"safety": {"flagged": flagged}}}
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "bulk").write_bytes(b"x" * 1000)
    ledger.new_night().write(state="ended", run=run, exit=code)
    return folder


def test_the_last_good_night_is_the_newest_open_one_that_still_exists(tmp_path):
    ledger = Ledger(tmp_path, "n")
    assert ledger.last_good() is None
    first = spend(ledger, "a")
    spend(ledger, "b", code=1)
    spend(ledger, "c", code=3)
    assert ledger.last_good() == first
    assert ledger.last_run() == tmp_path / "b"
    spend(ledger, "d")
    (tmp_path / "d" / "run.json").unlink()
    for path in (tmp_path / "d").iterdir():
        path.unlink()
    (tmp_path / "d").rmdir()
    assert ledger.last_good() == first


def test_nights_count_on_whatever_the_clock_does_and_damage_hides_none(tmp_path):
    ledger = Ledger(tmp_path, "n")
    numbers = [ledger.new_night().number for _ in range(11)]
    assert numbers == list(range(1, 12))
    assert [night.number for night in ledger.nights()] == numbers
    ledger.nights()[0].record.write_text("{ torn")
    assert ledger.nights()[0].read()["state"] == "damaged"
    assert ledger.last_good() is None


def test_a_killed_night_is_known_and_an_ended_one_is_none(tmp_path):
    ledger = Ledger(tmp_path, "n")
    night = ledger.new_night()
    night.write(state="running", run=None, exit=None)
    assert ledger.killed() == (night, None)
    night.write(state="running", run="gone", exit=None)
    assert ledger.killed() == (night, None)
    ledger.new_night().write(state="ended", run=None, exit=3)  # it could not run
    assert ledger.killed() == (night, None)
    night.write(state="killed", run="gone", exit=None)
    assert ledger.killed() is None


def test_two_nights_of_one_name_do_not_run_at_once(tmp_path):
    ledger = Ledger(tmp_path, "n")
    with ledger.held(), pytest.raises(UsageError, match="another night"), ledger.held():
        pass
    with ledger.held():
        pass


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "nights").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"), Ledger(tmp_path, "n").held():
        pass


def test_old_runs_go_by_age_and_baselines_flagged_and_strange_ones_stay(tmp_path):
    ledger = Ledger(tmp_path, "n")
    baseline = spend(ledger, "baseline", days=90)
    spend(ledger, "flagged", days=80, flagged=1)
    spend(ledger, "old", days=70)
    spend(ledger, "newest-but-old", days=60)
    (tmp_path / "of-somebody-else").mkdir()
    gone = remove_old_runs(ledger, Retention(keep=1, days=30), [baseline], NOW)
    assert gone == ["old"]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"baseline", "flagged", "newest-but-old", "of-somebody-else", "nights"}
    assert len(ledger.nights()) == 4


def test_old_runs_go_by_size_the_oldest_first(tmp_path):
    ledger = Ledger(tmp_path, "n")
    for number in range(5):
        spend(ledger, f"r{number}")
    wanted = Retention.model_validate({"keep": 1, "size": "3k"})
    assert remove_old_runs(ledger, wanted, [], NOW) == ["r0", "r1", "r2"]
    assert remove_old_runs(ledger, Retention(keep=1), [], NOW) == []


def result(task: str, *, passed: bool | None, model: str = "m") -> SampleResult:
    grade = None if passed is None else Grade(value=float(passed), passed=passed, reason="")
    return SampleResult(
        sample=SampleKey(task=task, model=model, agent="a", epoch=1),
        attempt=1,
        status=Status.FINISHED if grade else Status.SANDBOX_ERROR,
        grade=grade,
        safety=Safety(verdict="clean", reason=""),
        usage=Usage(),
        timings={},
        started="",
        finished="",
    )


def looks(rate: float, baseline: float, samples: int = 2000) -> int | None:
    """After how many samples a suite of ten tasks is decided."""
    draw = random.Random(1)  # noqa: S311
    decision = Decision({KEY: baseline}, {KEY: 10}, margin=0.1, alpha=0.05)
    for number in range(samples):
        told = decision.tell(result(f"s/t{number % 10}", passed=draw.random() < rate))
        if told:
            assert told.startswith(EARLY)
            return number + 1
    return None


def test_a_night_is_decided_when_the_rate_is_apart_or_alike():
    apart, alike = looks(0.2, 0.8), looks(0.9, 0.9)
    assert apart is not None
    assert alike is not None
    assert apart % 10 == alike % 10 == 0  # only whole epochs are looked at
    assert apart <= 40
    assert looks(0.75, 0.9, samples=30) is None


def test_nothing_is_decided_without_scores_or_without_a_baseline():
    blind = Decision({KEY: 0.5}, {KEY: 1}, margin=0.1, alpha=0.05)
    assert not any(blind.tell(result("s/t", passed=None)) for _ in range(500))
    new = Decision({}, {KEY: 1}, margin=0.1, alpha=0.05)
    assert not any(new.tell(result("s/t", passed=True)) for _ in range(500))


def test_rates_need_not_be_decided_at_the_same_moment():
    other = ("s", "other", "a")
    decision = Decision({KEY: 0.0, other: 0.0}, {KEY: 2, other: 2}, margin=0.1, alpha=0.05)
    order = [("m", 30), ("other", 1), ("m", 1), ("other", 29)]  # one is always in mid-epoch
    told = [
        decision.tell(result("s/t", passed=True, model=model))
        for model, count in order
        for _ in range(count)
    ]
    assert any(told)


def test_a_model_that_the_baseline_did_not_have_runs_all_its_epochs():
    decision = Decision({KEY: 0.0}, {KEY: 1}, margin=0.1, alpha=0.05)
    decision.tell(result("s/t", passed=None, model="new"))
    assert not any(decision.tell(result("s/t", passed=True)) for _ in range(50))
    known = Decision({KEY: 0.0}, {KEY: 1}, margin=0.1, alpha=0.05)
    assert any(known.tell(result("s/t", passed=True)) for _ in range(50))


def test_each_model_has_to_be_decided_for_itself():
    other = ("s", "other", "a")
    decision = Decision({KEY: 1.0, other: 0.0}, {KEY: 1, other: 1}, margin=0.1, alpha=0.05)
    # Together both would be at the 0.5 that both together had.
    assert not any(decision.tell(result("s/t", passed=True)) for _ in range(500))
    swapped = Decision({KEY: 0.0, other: 1.0}, {KEY: 1, other: 1}, margin=0.1, alpha=0.05)
    told = [
        swapped.tell(result("s/t", passed=model == "m", model=model))
        for _ in range(20)
        for model in ("m", "other")
    ]
    assert any(told)


def test_a_hostile_reason_is_still_xml(tmp_path):
    path = tmp_path / "junit.xml"
    write_junit(path, None, None, ["\x00\x1b[31m<script>&]]>\ud800"])
    (error,) = ET.parse(path).iter("error")  # noqa: S314 - ours
    assert "<script>&]]>" in error.attrib["message"]


def test_notifications_that_fail_are_told_without_the_address(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.nightly.notify._PAUSE_SECONDS", 0.0)
    secret = "http://127.0.0.1:9/token-1234"
    monkeypatch.setenv("HOOK", secret)
    (told,) = notify(Notify(webhook_env="HOOK"), {})
    assert "3 times" in told
    assert "token-1234" not in told
    assert notify(Notify(webhook_env="NO_SUCH_HOOK"), {}) == [
        "notify.webhook_env: NO_SUCH_HOOK is not set"
    ]
    assert notify(Notify(webhook="ftp://127.0.0.1/x"), {}) == [
        "notify.webhook: is no address of http or https"
    ]
    (tmp_path / "file").write_text("")
    (told,) = notify(Notify(file=str(tmp_path / "file" / "below")), {})
    assert "cannot be written" in told
