"""The index follows the run folders: what is new, changed, gone or damaged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from run_nights import Nights, attempt, passed, tell
from sqlalchemy import create_engine, func, select, update

from harness.errors import StoreError
from harness.events import RunFinished
from harness.history.database import open_database
from harness.history.tables import findings, index, runs, samples
from harness.history.updating import Update, update_index
from harness.report.build import build_report
from harness.results import Safety, SafetyEvent, Usage
from harness.store import read_json, write_json

FINDING = SafetyEvent(
    rule="egress",
    version=2,
    category="network",
    stage="attempted",
    enforcement="blocked",
    severity=3,
    confidence="deterministic",
    step=4,
)


def rows(folder: Path, url: str | None, table: Any) -> list[Any]:
    with open_database(folder, url) as database, database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def test_the_index_counts_what_the_report_counts(nights: Nights, url: str) -> None:
    run = nights.plan("2026-05-01T03:00:00.000Z", epochs=3)
    first = [key for key in run.samples if key.task == "demo/first"]
    flagged = Safety(verdict="flagged", reason="egress", events=[FINDING, FINDING])
    attempt(run, first[0], grade=passed(), usage=Usage(steps=4, input_tokens=7, usd=0.5))
    attempt(run, first[1], status="sandbox_error")
    attempt(run, first[1], grade=passed(yes=False), safety=flagged)
    attempt(run, first[1], status="model_error", usage=Usage(usd=None))
    attempt(run, first[2], status="cancelled")
    assert update_index(nights.folder, url) == Update(indexed=1)
    report, found = build_report(run), rows(nights.folder, url, samples)
    done = [row for row in found if row.status != "not_run"]
    assert len(found) == report["totals"]["planned"] == 6
    assert len(found) - len(done) == report["totals"]["not_run"] == 3
    told = ("task", "variant", "model", "agent", "epoch", "attempt", "status", "score", "passed")
    told += ("safety", "steps", "tokens", "usd", "seconds", "error")
    key = ("task", "variant", "model", "agent", "epoch")
    by_key = {tuple(getattr(row, name) for name in key): row for row in done}
    for sample in report["samples"]:
        row = by_key.pop(tuple(sample[name] for name in key))
        assert {name: getattr(row, name) for name in told} == {name: sample[name] for name in told}
    assert not by_key
    assert Counter(row.suite for row in found) == {"demo": 6}
    kept = rows(nights.folder, url, findings)
    assert [(row.finding, row.rule, row.stage, row.severity, row.step) for row in kept] == [
        (0, "egress", "attempted", 3, 4),
        (1, "egress", "attempted", 3, 4),
    ]


def test_a_run_is_known_by_what_it_says_of_itself(nights: Nights, url: str) -> None:
    run = nights.plan("2026-05-01T03:00:00.000Z", name="weekly", selectors=["other"])
    update_index(nights.folder, url)
    (row,) = rows(nights.folder, url, runs)
    assert (row.id, row.name, row.started) == (run.store.id, "weekly", "2026-05-01T03:00:00.000Z")
    assert (row.finished, row.ended, row.planned) == (None, "running or killed", 2)
    tell(run, RunFinished(reason="done"))
    assert update_index(nights.folder, url) == Update(indexed=1)
    (row,) = rows(nights.folder, url, runs)
    assert (row.finished is None, row.ended) == (False, "done")
    sample = rows(nights.folder, url, samples)[0]
    assert (sample.domain, sample.human_minutes) == ("cyber", 12)


def test_new_changed_and_vanished_runs_are_noticed(nights: Nights, url: str) -> None:
    one = nights.night("2026-05-01T03:00:00.000Z", "pp")
    assert update_index(nights.folder, url) == Update(indexed=1)
    two = nights.plan("2026-05-02T03:00:00.000Z")
    assert update_index(nights.folder, url) == Update(indexed=1, unchanged=1)
    attempt(two, two.samples[0], grade=passed())
    assert update_index(nights.folder, url) == Update(indexed=1, unchanged=1)
    scored = [row.run for row in rows(nights.folder, url, samples) if row.score is not None]
    assert scored.count(two.store.id) == 1
    shutil.rmtree(one.store.root)
    assert update_index(nights.folder, url) == Update(unchanged=1, removed=1)
    assert {row.run for row in rows(nights.folder, url, samples)} == {two.store.id}
    assert update_index(nights.folder, url) == Update(unchanged=1)


def test_an_unchanged_run_is_not_read_again_until_a_rebuild(nights: Nights, url: str) -> None:
    run = nights.night("2026-05-01T03:00:00.000Z", "pp")
    update_index(nights.folder, url)
    result = run.store.attempts(run.samples[0])[0].result
    result.write_text("{")
    assert update_index(nights.folder, url) == Update(unchanged=1)
    again = update_index(nights.folder, url, rebuild=True)
    assert (again.indexed, again.unchanged, len(again.damaged)) == (0, 0, 1)
    assert str(result) in again.damaged[0]


def test_a_relative_folder_is_the_same_folder(
    nights: Nights, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    update_index(nights.folder, url)
    monkeypatch.chdir(nights.folder.parent)
    assert update_index(Path("runs"), url) == Update(unchanged=1)


def test_a_rebuild_reads_the_runs_of_its_own_folder_alone(
    nights: Nights, url: str, tmp_path: Path
) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    other = Nights(tmp_path / "other")
    other.night("2026-05-02T03:00:00.000Z", "pp")
    update_index(nights.folder, url)
    update_index(other.folder, url)
    assert update_index(other.folder, url, rebuild=True) == Update(indexed=1)
    assert update_index(nights.folder, url) == Update(unchanged=1)


def test_a_run_whose_folder_was_moved_is_not_counted_twice(nights: Nights, url: str) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    update_index(nights.folder, url)
    moved = nights.folder.rename(nights.folder.with_name("moved"))
    assert update_index(moved, url).indexed == 1
    (row,) = rows(moved, url, runs)
    assert Path(row.path).parent == moved
    assert len(rows(moved, url, samples)) == 4


def break_result(folder: Path) -> None:
    next(folder.rglob("result.json")).write_text('{"sample": 1}')


def break_log(folder: Path) -> None:
    log = folder / "events.jsonl"
    log.write_text(log.read_text().replace('"score":1.0', '"score":0.0', 1))


def change_plan(folder: Path, **fields: Any) -> None:
    path = folder / "run.json"
    write_json(path, {**read_json(path), **fields})


def loop_sample(folder: Path) -> None:
    sample = next(folder.rglob("attempt-1")).parent
    shutil.rmtree(sample)
    sample.symlink_to(sample)


def change_tokens(folder: Path) -> None:
    path = next(folder.rglob("result.json"))
    result = json.loads(path.read_text())
    result["usage"]["input_tokens"] = 10**30
    path.write_text(json.dumps(result))


DAMAGES = {
    "plan": lambda folder: (folder / "run.json").write_text("nonsense"),
    "schema": lambda folder: change_plan(folder, schema=99),
    "samples": lambda folder: change_plan(folder, samples=[{"task": 1}]),
    "no tasks": lambda folder: change_plan(folder, tasks={}),
    "tasks": lambda folder: change_plan(folder, tasks=3),
    "name": lambda folder: change_plan(folder, name=None),
    "started": lambda folder: change_plan(folder, started="yesterday"),
    "zone": lambda folder: change_plan(folder, started="2026-05-01T03:00:00"),
    "result": break_result,
    "log": break_log,
    "number": change_tokens,
    "loop": loop_sample,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_named_in_one_line_and_left_out(
    nights: Nights, url: str, damage: str
) -> None:
    broken = nights.night("2026-05-01T03:00:00.000Z", "pp")
    well = nights.night("2026-05-02T03:00:00.000Z", "pp")
    update_index(nights.folder, url)
    DAMAGES[damage](broken.store.root)
    tell_anew = broken.store.root / "run.json"
    os.utime(tell_anew, ns=(1, 1))
    done = update_index(nights.folder, url)
    assert (done.indexed, done.unchanged, len(done.damaged)) == (0, 1, 1)
    assert broken.store.id in done.damaged[0]
    assert "\n" not in done.damaged[0]
    assert [row.id for row in rows(nights.folder, url, runs)] == [well.store.id]
    assert {row.run for row in rows(nights.folder, url, samples)} == {well.store.id}


def test_text_that_no_database_takes_is_taken(nights: Nights, url: str) -> None:
    run = nights.plan("2026-05-01T03:00:00.000Z")
    attempt(run, run.samples[0], grade=passed(), usage=Usage(models=["a\0b", "c\ud800d"]))
    assert update_index(nights.folder, url) == Update(indexed=1)
    assert rows(nights.folder, url, samples)[0].models_returned == "a\ufffdb c?d"


WORKER = """
import sys
from pathlib import Path
from harness.history.updating import update_index
import psycopg, sqlalchemy.dialects
print("ready", flush=True)
sys.stdin.readline()
done = update_index(Path(sys.argv[1]), sys.argv[2])
print(done.damaged)
"""


@pytest.mark.parametrize("earlier", [False, True])
def test_processes_that_update_at_once_do_not_break_each_other(
    nights: Nights, url: str, *, earlier: bool
) -> None:
    for day in range(1, 6):
        nights.night(f"2026-05-0{day}T03:00:00.000Z", "pp")
    if earlier:
        update_index(nights.folder, url)
        set_version(url, 0 if url.startswith("sqlite") else 1)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(nights.folder), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        out, err = worker.communicate(timeout=120)
        assert (worker.returncode, out) == (0, "[]\n"), err
    assert len(rows(nights.folder, url, runs)) == 5
    assert len(rows(nights.folder, url, samples)) == 20
    assert update_index(nights.folder, url) == Update(unchanged=5)


def test_in_a_shared_index_each_folder_looks_after_its_own_runs(
    nights: Nights, url: str, tmp_path: Path
) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    other = Nights(tmp_path / "other")
    other.night("2026-05-02T03:00:00.000Z", "pp")
    update_index(nights.folder, url)
    assert update_index(other.folder, url) == Update(indexed=1)
    assert update_index(nights.folder, url) == Update(unchanged=1)
    shutil.rmtree(next(other.folder.iterdir()))
    assert update_index(nights.folder, url).removed == 0
    assert update_index(other.folder, url).removed == 1
    assert len(rows(nights.folder, url, runs)) == 1


def set_version(url: str, version: int) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(update(index).values(version=version))
    engine.dispose()


def test_an_index_of_another_version_is_made_anew_or_refused(nights: Nights, url: str) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    update_index(nights.folder, url)
    set_version(url, 0)
    if url.startswith("postgresql"):
        with pytest.raises(StoreError, match=r"version 0, not 1.*`harness history rebuild`"):
            update_index(nights.folder, url)
        assert update_index(nights.folder, url, rebuild=True) == Update(indexed=1)
    assert update_index(nights.folder, url) == (
        Update(unchanged=1) if url.startswith("postgresql") else Update(indexed=1)
    )
    assert len(rows(nights.folder, url, samples)) == 4


def test_tables_of_others_in_the_same_database_are_left_alone(nights: Nights, url: str) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE samples (mine INTEGER)")
        connection.exec_driver_sql("INSERT INTO samples VALUES (7)")
    update_index(nights.folder, url)
    set_version(url, 0)
    update_index(nights.folder, url, rebuild=True)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT mine FROM samples").scalar() == 7
        assert connection.execute(select(func.count()).select_from(samples)).scalar() == 4
    engine.dispose()


def test_without_a_url_the_index_stands_in_the_runs_folder(nights: Nights) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    assert update_index(nights.folder) == Update(indexed=1)
    assert (nights.folder / "index.sqlite").is_file()


def test_the_variable_names_another(
    nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    monkeypatch.setenv("HARNESS_INDEX", f"sqlite:///{tmp_path}/named.sqlite")
    assert update_index(nights.folder) == Update(indexed=1)
    assert (tmp_path / "named.sqlite").is_file()
    assert not (nights.folder / "index.sqlite").exists()
