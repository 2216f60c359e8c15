"""A run's folder: made once, found again, its attempts never overwritten."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.results import Grade, Safety, SampleKey, SampleResult, Status, Usage
from harness.store import AttemptPaths, RunStore, create_run, list_runs, open_run, write_json

KEY = SampleKey(task="demo/first", model="anthropic/claude-x-1", agent="react", epoch=1)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return create_run(tmp_path / "runs", "My run", {"config": {}})


def result_of(number: int = 1) -> SampleResult:
    return SampleResult(
        sample=KEY,
        attempt=number,
        status=Status.FINISHED,
        grade=Grade(value=1.0, passed=True, reason="a lone \ud800 surrogate"),
        safety=Safety(verdict="clean", reason="watched"),
        usage=Usage(steps=3, usd=None),
        timings={"agent": 1.0},
        started="a",
        finished="b",
    )


def test_a_runs_id_tells_time_and_name_and_is_its_own(tmp_path: Path) -> None:
    first, second = (create_run(tmp_path, "My run/../x", {}) for _ in range(2))
    form = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d_My-run-..-x_[0-9a-f]{6}"
    assert re.fullmatch(form, first.id)
    assert first.id != second.id
    assert first.root == tmp_path / first.id


def test_the_plan_is_kept_with_its_schema_and_name(store: RunStore) -> None:
    plan = store.plan()
    assert (plan["schema"], plan["id"], plan["name"]) == (1, store.id, "My run")


def test_the_seed_is_secret_fresh_and_the_same_at_every_read(
    store: RunStore, tmp_path: Path
) -> None:
    file = store.root / "seed.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert store.seed() == store.seed()
    assert len(store.seed()) == 32
    assert create_run(tmp_path, "other", {}).seed() != store.seed()


@pytest.mark.parametrize("text", ["", "xyz", None])
def test_a_damaged_seed_is_named(store: RunStore, text: str | None) -> None:
    file = store.root / "seed.key"
    file.unlink()
    if text is not None:
        file.write_text(text)
    with pytest.raises(StoreError, match=re.escape(str(file))):
        store.seed()


def test_runs_are_listed_by_age_and_other_folders_are_not(tmp_path: Path) -> None:
    made = [create_run(tmp_path, name, {}) for name in ("b", "a")]
    (tmp_path / "notes").mkdir()
    assert {run.id for run in list_runs(tmp_path)} == {run.id for run in made}
    old = tmp_path / "2001-01-01T00-00-00_old_000000"
    made[0].root.rename(old)
    assert list_runs(tmp_path)[0].root == old
    assert list_runs(tmp_path / "gone") == []


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a run's plan"):
        open_run(tmp_path)


@pytest.mark.parametrize("text", ['{"schema": 2}', "{}", "[]", '"run"'])
def test_a_plan_of_another_schema_is_refused(store: RunStore, text: str) -> None:
    (store.root / "run.json").write_text(text)
    with pytest.raises(StoreError, match="use the version of the harness that made it"):
        open_run(store.root)


def test_attempts_are_numbered_and_never_overwritten(store: RunStore) -> None:
    assert store.attempts(KEY) == []
    for number in range(1, 12):
        paths = store.new_attempt(KEY)
        assert paths.number == number
        (paths.root / "mark").write_text(str(number))
    attempts = store.attempts(KEY)
    assert [attempt.number for attempt in attempts] == list(range(1, 12))
    assert [(each.root / "mark").read_text() for each in attempts] == [str(n) for n in range(1, 12)]


def test_a_folder_beside_the_attempts_is_no_attempt(store: RunStore) -> None:
    store.new_attempt(KEY)
    (store.sample_folder(KEY) / "attempt-1 (copy)").mkdir()
    (store.sample_folder(KEY) / "attempt-").mkdir()
    assert [attempt.number for attempt in store.attempts(KEY)] == [1]
    assert store.new_attempt(KEY).number == 2


def test_a_samples_folder_is_readable(store: RunStore) -> None:
    folder = store.sample_folder(KEY).relative_to(store.root)
    assert str(folder) == "samples/demo/first/default/anthropic-claude-x-1/react/1"


LONG = "scripted//home/someone/with/a/very/long/path/to/the/scripts/of/an/evaluation/of/agents"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"model": f"{LONG}/a.toml"}, {"model": f"{LONG}/b.toml"}),
        ({"model": "scripted//x/a-b.toml"}, {"model": "scripted//x/a/b.toml"}),
        ({"agent": "cheat:guess"}, {"agent": "cheat-guess"}),
        ({"agent": "./a b.py"}, {"agent": "./a-b.py"}),
        ({"model": "scripted/é"}, {"model": "scripted/ü"}),
        ({"epoch": 1}, {"epoch": 11}),
    ],
)
def test_two_samples_never_share_a_folder(
    store: RunStore, one: dict[str, str], other: dict[str, str]
) -> None:
    first, second = (store.sample_folder(KEY.model_copy(update=each)) for each in (one, other))
    assert first != second
    for folder in (first, second):
        assert folder.is_relative_to(store.root)
        assert all(len(part) <= 80 for part in folder.relative_to(store.root).parts)


def test_a_result_comes_back_as_it_was_written(store: RunStore) -> None:
    paths = store.new_attempt(KEY)
    assert paths.read_result() is None
    paths.write_result(result_of())
    found = paths.read_result()
    assert found is not None
    assert found.model_dump(mode="json") == result_of().model_dump(mode="json")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"sample": 1}'])
def test_a_damaged_result_is_named(store: RunStore, text: str) -> None:
    paths = store.new_attempt(KEY)
    paths.result.write_text(text)
    with pytest.raises(StoreError, match=re.escape(str(paths.result))):
        paths.read_result()


def test_a_reader_of_json_sees_the_old_or_the_new_and_nothing_between(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "value.json"
    versions = [[letter * 20_000] * 20 for letter in "ab"]
    write_json(path, versions[0])
    stop = threading.Event()

    def rewrite() -> None:
        for number in range(40):
            write_json(path, versions[number % 2])
        stop.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    while not stop.is_set():
        assert json.loads(path.read_text("utf-8")) in versions
    writer.join()
    assert list(path.parent.iterdir()) == [path]


def test_json_that_cannot_be_written_names_the_file_and_leaves_the_old(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    path.mkdir()
    with pytest.raises(StoreError, match=re.escape(str(path))):
        write_json(path, {})
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_attempt_that_cannot_be_made_names_the_folder(store: RunStore) -> None:
    (store.root / "samples").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot be made"):
        store.new_attempt(KEY)


def test_an_attempts_files_stand_where_its_folder_is_drawn(tmp_path: Path) -> None:
    paths = AttemptPaths(tmp_path / "attempt-3")
    names = [paths.events.name, paths.evidence.name, paths.outputs.name, paths.result.name]
    assert names == ["events.jsonl", "evidence", "outputs", "result.json"]
    assert paths.number == 3
