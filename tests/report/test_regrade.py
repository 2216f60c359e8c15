"""A run can be graded again from its evidence alone, and what it said before stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import StoreError, UsageError
from harness.regrade import corrected_tasks, regrade
from harness.report.build import build_report
from harness.results import Failure, Grade, Safety, SampleKey, Status
from harness.run import Run
from harness.testing.content import write_content, write_task
from harness.testing.runs import write_attempt

WRONG = Grade(value=0.0, passed=False, reason="nothing was submitted", milestones={})
UNREACHED = {"knocked": 0.0, "read the flag": 0.0}


def flag_of(run: Run, key: SampleKey, attempt: int = 1) -> str:
    return run.secrets(key, attempt)["flag"]


def test_a_grade_that_stands_is_found_unchanged(planned: Run, keys: list[SampleKey]) -> None:
    right = Grade(value=1.0, passed=True, reason="the flag was captured")
    write_attempt(planned, keys[0], answer=flag_of(planned, keys[0]), grade=right)
    (found,) = regrade(planned)
    assert (found.key, found.attempt, found.changed, found.error) == (keys[0], 1, False, "")
    assert found.after is not None
    assert found.after.passed


def test_a_grade_that_was_forged_is_found_changed(planned: Run, keys: list[SampleKey]) -> None:
    forged = Grade(value=1.0, passed=True, reason="trust me")
    write_attempt(planned, keys[0], answer="flag{no}", grade=forged)
    (found,) = regrade(planned)
    assert found.changed
    assert found.after is not None
    assert (found.after.value, found.after.reason) == (0.0, "the submission is not the flag")


def test_each_attempt_is_graded_with_its_own_secrets(planned: Run, keys: list[SampleKey]) -> None:
    write_attempt(planned, keys[0], status=Status.GRADER_ERROR)
    write_attempt(planned, keys[0], answer=flag_of(planned, keys[0], 2), grade=WRONG)
    first, second = regrade(planned)
    assert first.after is not None
    assert not first.after.passed
    assert second.after is not None
    assert second.after.passed
    assert flag_of(planned, keys[0], 1) != flag_of(planned, keys[0], 2)


def test_the_flag_of_another_sample_is_found_as_contamination(
    planned: Run, keys: list[SampleKey]
) -> None:
    write_attempt(planned, keys[0], answer=flag_of(planned, keys[1]), grade=WRONG)
    (found,) = regrade(planned)
    assert found.after is not None
    assert found.after.evidence == {"contamination": str(keys[1])}


def test_a_new_grade_is_written_beside_the_old_and_never_over_it(
    planned: Run, keys: list[SampleKey]
) -> None:
    paths = write_attempt(planned, keys[0], answer="x", grade=WRONG)
    before = paths.result.read_bytes()
    list(regrade(planned))
    (written,) = paths.grades.iterdir()
    assert json.loads(written.read_text())["grade"]["reason"] == "the submission is not the flag"
    assert paths.result.read_bytes() == before


def test_the_verdict_on_safety_is_given_again_and_written_beside(
    planned: Run, keys: list[SampleKey]
) -> None:
    forged = Safety(verdict="clean", reason="trust me")
    paths = write_attempt(planned, keys[0], answer="x", grade=WRONG, safety=forged)
    (found,) = regrade(planned)
    assert found.judged_otherwise
    assert (found.safety.verdict, found.safety.reason) == (
        "indeterminate",
        "the task names no rules",
    )
    (written,) = paths.grades.iterdir()
    assert json.loads(written.read_text())["safety"]["verdict"] == "indeterminate"


def test_attempts_without_evidence_are_passed_over(planned: Run, keys: list[SampleKey]) -> None:
    paths = write_attempt(planned, keys[0], status=Status.SANDBOX_ERROR)
    (paths.evidence / "submission.json").unlink()
    planned.store.new_attempt(keys[1])
    assert list(regrade(planned)) == []


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_log_that_was_touched_stops_the_grading(
    planned: Run, keys: list[SampleKey], harm: str
) -> None:
    log = write_attempt(planned, keys[0], answer="x", grade=WRONG).events
    if harm == "gone":
        log.unlink()
    else:
        log.write_bytes(log.read_bytes().replace(b'"detail":"x"', b'"detail":"y"'))
    with pytest.raises(StoreError) as caught:
        list(regrade(planned))
    assert caught.value.where == (str(log) if harm == "gone" else f"{log}:2")


def test_a_grader_that_fails_now_is_told_and_the_rest_goes_on(
    planned: Run, keys: list[SampleKey]
) -> None:
    second = next(key for key in keys if key.task == "demo/second")
    for key in (keys[0], second):
        write_attempt(planned, key, answer="x", grade=WRONG)
    _make_script_graded(planned, "demo/first")
    first, other = regrade(planned)
    assert first.after is None
    assert "it crashed (RuntimeError: broken)" in first.error
    assert first.changed
    assert other.after is not None
    (written,) = planned.store.attempts(keys[0])[0].grades.iterdir()
    assert json.loads(written.read_text())["grade"] is None


def _make_script_graded(run: Run, task: str) -> None:
    """A task of a run whose grader is a script that crashes."""
    from dataclasses import replace

    from harness.schema.task import ScriptGrader

    folder = run.tasks[task]
    script = ScriptGrader(type="script")
    (Path(folder.path) / "grade.py").write_text("raise RuntimeError('broken')\n")
    changed = folder.task.model_copy(update={"grader": script})
    run.tasks[task] = replace(folder, task=changed)  # type: ignore[index]


def _corrected(folder: Path, name: str, script: str) -> Path:
    """A copy of the demo tasks elsewhere, with another grader."""
    root = folder / "corrected"
    write_content(root)
    path = write_task(root, f"demo/{name}")
    text = (path / "task.toml").read_text()
    start, end = text.index("[grader]"), text.index("[", text.index("[grader]") + 1)
    changed = text[:start] + '[grader]\ntype = "script"\n\n' + text[end:]
    (path / "task.toml").write_text(changed)
    (path / "grade.py").write_text(script)
    return path


PASSES = """\
from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    return Grade(value=1.0, passed=True, reason="right after all")
"""


@pytest.mark.parametrize("below", [False, True], ids=["task", "root"])
def test_a_corrected_grader_grades_its_task_alone(
    planned: Run, keys: list[SampleKey], tmp_path: Path, *, below: bool
) -> None:
    second = next(key for key in keys if key.task == "demo/second")
    for key in (keys[0], second):
        write_attempt(planned, key, answer="x", grade=WRONG)
    path = _corrected(tmp_path, "second", PASSES)
    corrected = corrected_tasks(planned, tmp_path / "corrected" if below else path)
    found = {each.key.task: each for each in regrade(planned, corrected)}
    after = found["demo/second"].after
    assert after is not None
    assert (after.passed, after.reason) == (True, "right after all")
    if not below:
        assert set(found) == {"demo/second"}
    elif first := found["demo/first"].after:
        assert not first.passed


def test_a_folder_without_any_task_of_the_run_is_refused(planned: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds none of the run's tasks"):
        corrected_tasks(planned, tmp_path)


def test_a_report_shows_new_grades_when_asked(
    planned: Run, keys: list[SampleKey], tmp_path: Path
) -> None:
    key = next(key for key in keys if key.task == "demo/second")
    error = {"status": Status.GRADER_ERROR, "error": Failure(blame="grader", message="it broke")}
    paths = write_attempt(planned, key, answer="x", **error)
    list(regrade(planned, corrected_tasks(planned, _corrected(tmp_path, "second", PASSES))))
    (first,), (again,) = (
        build_report(planned, regraded=regraded)["samples"] for regraded in (False, True)
    )
    assert (first["status"], first["score"], first["error"]) == ("grader_error", None, "it broke")
    assert (again["status"], again["score"], again["error"]) == ("finished", 1.0, None)
    (written,) = paths.grades.iterdir()
    written.write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        build_report(planned, regraded=True)
