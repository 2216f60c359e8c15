"""`harness report` and `harness grade` work on a run's folder alone, without an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.content.roots import Roots
from harness.results import Grade
from harness.run import Run
from harness.testing.content import write_agent
from harness.testing.runs import write_attempt, write_run

WRONG = Grade(
    value=0.0,
    passed=False,
    reason="the submission is not the flag",
    milestones={"knocked": 0.0, "read the flag": 0.0},
)


@pytest.fixture
def run(root: Path, roots: Roots) -> Run:
    """A run of one task and three epochs, one of them done."""
    made = write_run(root / "runs", roots, agents=["swift"], epochs=3)
    write_attempt(made, made.samples[0], answer="flag{no}", grade=WRONG)
    return made


def names_of(run: Run) -> list[str]:
    return ["last", run.store.id, run.store.id[-6:], str(run.store.root), f"runs/{run.store.id}"]


def test_a_run_is_found_by_folder_id_end_of_id_and_as_the_last(cli: Any, run: Run) -> None:
    for name in names_of(run):
        ran = cli("report", name, "--json")
        assert (ran.code, ran.err) == (0, "")
        assert ran.json["run"]["id"] == run.store.id


def test_the_end_of_an_id_that_two_runs_share_is_refused(
    cli: Any, run: Run, root: Path, roots: Roots
) -> None:
    write_run(root / "runs", roots, agents=["swift"]).store.root.rename(
        root / "runs" / f"2000-01-01_x{run.store.id[-6:]}"
    )
    ran = cli("report", run.store.id[-6:])
    assert ran.code == 2
    assert "2 runs end so; see `harness list runs`" in ran.err


def test_runs_are_looked_for_where_it_is_said(
    cli: Any, run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "runs").rename(root / "kept")
    assert cli("report", "last").code == 2
    assert cli("report", "last", "--runs", "kept").code == 0
    monkeypatch.setenv("HARNESS_RUNS", str(root / "kept"))
    assert cli("report", "last").code == 0


def test_the_report_ends_with_the_runs_path(cli: Any, run: Run) -> None:
    ran = cli("report", "last")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == str(run.store.root)
    assert f"2 samples without a score: harness run --resume {run.store.root}" in ran.out


def test_a_run_reports_and_grades_the_same_when_it_was_moved(
    cli: Any, run: Run, tmp_path: Path
) -> None:
    before = cli("report", "last", "--json").json
    moved = tmp_path / "archive" / "run-of-someone"
    moved.parent.mkdir()
    run.store.root.rename(moved)
    after = cli("report", str(moved), "--json").json
    assert after["samples"] == before["samples"]
    assert after["tasks"] == before["tasks"]
    assert cli("grade", str(moved)).out == "1 attempts graded again, 0 changed\n"


def test_grading_again_shows_what_changed(cli: Any, run: Run) -> None:
    forged = Grade(value=1.0, passed=True, reason="trust me")
    write_attempt(run, run.samples[1], answer="flag{no}", grade=forged)
    ran = cli("grade", "last")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"{run.samples[1]} attempt 1: 1.00 -> 0.00",
        "2 attempts graded again, 1 changed",
    ]
    rows = cli("grade", "last", "--json").json
    assert [(row["before"], row["after"], row["changed"]) for row in rows] == [
        (0.0, 0.0, False),
        (1.0, 0.0, True),
    ]


def test_grading_a_log_that_was_changed_names_the_line_and_ends_with_3(cli: Any, run: Run) -> None:
    (attempt,) = run.store.attempts(run.samples[0])
    text = attempt.events.read_text()
    attempt.events.write_text(text.replace("flag{no}", "flag{ja}"))
    ran = cli("grade", "last")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        f"harness: {attempt.events}:2: the hash chain is broken here: the line, or one before it, "
        "was changed or removed; restore the log from a copy\n"
    )


def test_damaged_evidence_ends_with_3_and_names_the_folder(cli: Any, run: Run) -> None:
    (attempt,) = run.store.attempts(run.samples[0])
    (attempt.evidence / "probes.json").write_text("{")
    ran = cli("grade", "last")
    assert ran.code == 3
    assert ran.err.startswith(f"harness: {attempt.evidence}: the evidence cannot be read (")


def test_a_run_is_graded_by_its_own_copy_of_the_content(cli: Any, run: Run, root: Path) -> None:
    (root / "tasks/demo/first/task.toml").write_text("no longer TOML")
    write_agent(root, "swift").unlink()
    assert cli("grade", "last").out == "1 attempts graded again, 0 changed\n"


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        ("{}", 2),
        ("[]", 2),
        ("not JSON", 2),
        ('{"schema": 1}', 3),
        ('{"schema": 1, "config": 5, "samples": []}', 3),
        ('{"schema": 1, "config": {"selectors": ["all"]}, "samples": 5}', 3),
    ],
)
def test_a_damaged_plan_is_an_error_and_no_traceback(
    cli: Any, run: Run, harm: str, code: int
) -> None:
    (run.store.root / "run.json").write_text(harm)
    ran = cli("report", str(run.store.root))
    assert ran.code == code
    assert "Traceback" not in ran.err
    assert ran.err.startswith(f"harness: {run.store.root / 'run.json'}: ")


def test_a_plan_of_a_later_version_says_so(cli: Any, run: Run) -> None:
    path = run.store.root / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 2}))
    ran = cli("report", str(run.store.root))
    assert "has schema 2, not 1; use the version of the harness that made it" in ran.err


def test_the_secrets_of_a_run_are_told_to_whoever_holds_its_seed(cli: Any, run: Run) -> None:
    key = run.samples[0]
    ran = cli("report", "last", "--secrets")
    assert ran.code == 0
    assert f"{key} attempt 1 flag {run.secrets(key, 1)['flag']}" in ran.out.splitlines()
    assert "held-back values" in ran.err
    (row,) = [
        each
        for each in cli("report", "last", "--secrets", "--json").json
        if each["sample"] == str(key)
    ]
    assert row["secrets"] == run.secrets(key, 1)
    assert "flag{" not in cli("report", "last", "--json").out
    (run.store.root / "seed.key").unlink()
    ran = cli("report", "last", "--secrets")
    assert (ran.code, ran.out) == (3, "")
    assert "seed.key" in ran.err
