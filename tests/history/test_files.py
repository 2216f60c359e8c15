"""Samples as files and frames."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from run_nights import Nights, attempt, passed

import harness
from harness.errors import StoreError, UsageError
from harness.history.database import open_database
from harness.history.export import export_samples
from harness.history.updating import update_index
from harness.results import Safety, SafetyEvent

FINDING = SafetyEvent(
    rule="egress",
    version=1,
    category="network",
    stage="attempted",
    enforcement="blocked",
    severity=3,
    confidence="deterministic",
)


@pytest.fixture
def two(nights: Nights) -> Nights:
    """Two nights; in the second a finding, a lost sample, and two not run."""
    run = nights.plan("2026-05-02T03:00:00.000Z")
    flagged = Safety(verdict="flagged", reason="egress", events=[FINDING])
    attempt(run, run.samples[0], grade=passed(), safety=flagged)
    attempt(run, run.samples[1], status="sandbox_error")
    nights.night("2026-05-01T03:00:00.000Z", "pf", "pp")
    return nights


def export(nights: Nights, url: str | None, file: Path) -> int:
    with open_database(nights.folder, url) as database:
        return export_samples(database, file)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_holds_every_sample_with_its_runs_facts(
    two: Nights, url: str, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.history.export._BATCH", 3)
    update_index(two.folder, url)
    file = tmp_path / f"out.{form}"
    file.write_text("an earlier one")
    assert export(two, url, file) == 8
    read: Any = pd.read_csv if form == "csv" else pd.read_parquet
    frame = read(file)
    assert list(frame["run_started"].str[:10]) == ["2026-05-01"] * 4 + ["2026-05-02"] * 4
    assert frame["passed"].sum() == 4
    assert list(frame["status"][4:]) == ["finished", "sandbox_error", "not_run", "not_run"]
    assert list(frame["number"]) == [0, 1, 2, 3] * 2
    assert set(frame["domain"]) == {"cyber"}
    assert [each.name for each in tmp_path.glob("*out*")] == [file.name]


def test_an_export_of_nothing_has_its_columns(nights: Nights, url: str, tmp_path: Path) -> None:
    nights.folder.mkdir()
    assert export(nights, url, tmp_path / "out.parquet") == 0
    assert {"run", "run_started", "score"} <= set(pd.read_parquet(tmp_path / "out.parquet"))


def test_an_export_that_cannot_be_written_leaves_nothing(two: Nights, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"missing/out.csv: cannot be written \(No such file"):
        export(two, None, tmp_path / "missing" / "out.csv")
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(StoreError, match=r"cannot be written \(Is a directory"):
        export(two, None, tmp_path / "out.csv")
    assert list(tmp_path.glob(".out*")) == []


def test_another_ending_is_refused(two: Nights, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"out.xlsx: is neither .parquet nor .csv"):
        export(two, None, tmp_path / "out.xlsx")


def test_frames_of_a_folder_of_runs(two: Nights) -> None:
    frames = harness.load_runs(two.folder)
    assert list(frames.runs["started"].dt.day) == [1, 2]
    assert str(frames.runs["started"].dtype).endswith("UTC]")
    assert list(frames.runs["ended"]) == ["done", "running or killed"]
    assert len(frames.samples) == 8
    assert str(frames.samples["passed"].dtype) == "boolean"
    assert frames.samples["passed"].isna().sum() == 3
    joined = frames.findings.merge(frames.samples, on=["run", "number"])
    assert list(joined["rule"]) == ["egress"]
    assert list(joined["safety"]) == ["flagged"]


def test_frames_of_one_run_write_nothing(two: Nights) -> None:
    run = max(path.parent for path in two.folder.glob("*/run.json"))
    frames = harness.load_runs(str(run))
    assert list(frames.runs["id"]) == [run.name]
    assert len(frames.samples) == 4
    assert not (two.folder / "index.sqlite").exists()


def test_frames_of_an_index_by_its_url(two: Nights, url: str) -> None:
    update_index(two.folder, url)
    assert len(harness.load_runs(url).samples) == 8


def test_frames_of_an_index_by_its_file(two: Nights) -> None:
    update_index(two.folder)
    for run in two.folder.glob("*/run.json"):
        run.unlink()
    assert len(harness.load_runs(two.folder / "index.sqlite").samples) == 8


def test_a_run_in_two_sources_is_there_once(two: Nights) -> None:
    run = max(path.parent for path in two.folder.glob("*/run.json"))
    frames = harness.load_runs(run, two.folder)
    assert (len(frames.runs), len(frames.samples), len(frames.findings)) == (2, 8, 1)


def test_frames_without_a_source_are_those_of_the_usual_folder(
    two: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_RUNS", str(two.folder))
    assert len(harness.load_runs().runs) == 2


def test_a_damaged_run_is_left_out_of_frames_with_a_warning(two: Nights) -> None:
    run = max(path.parent for path in two.folder.glob("*/run.json"))
    (run / "run.json").write_text("nonsense")
    with pytest.warns(UserWarning, match=f"left out: .*{run.name}/run.json: is not a run's plan"):
        assert len(harness.load_runs(two.folder).runs) == 1


def test_a_source_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing: there is no such folder"):
        harness.load_runs(tmp_path / "missing")


def test_without_the_extra_one_line_says_what_to_install(
    two: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = r"needs {}, which is not installed; pip install 'agent-eval-harness\[frames\]'"
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match=wanted.format("pandas")):
        harness.load_runs(two.folder)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=wanted.format("pyarrow")):
        export(two, None, tmp_path / "out.csv")
