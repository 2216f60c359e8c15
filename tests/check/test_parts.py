"""The parts of a check that need no engine."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.check.builtin import GUESS, with_builtin_cheats
from harness.check.certificate import Certificates
from harness.check.findings import Checked, Finding, or_ok
from harness.check.grading import check_hostile, evidence_of
from harness.check.hostile import hostile
from harness.check.judging import judge_samples
from harness.check.prompt import check_metadata, check_tools, paths_named
from harness.check.rehearsal import Rehearsal
from harness.check.watched import check_watched
from harness.content.folders import TaskFolder, load_task
from harness.content.roots import Roots
from harness.results import Failure, Grade, Safety, Status
from harness.secrets import fill_template, template_pattern
from harness.testing.content import TASK, write_agent, write_content, write_task
from harness.testing.runs import write_attempt, write_run

COMPLETE = TASK + 'human_minutes = 5\nhuman_minutes_source = "estimated"\ncanary = "x"\n'


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return write_content(tmp_path)


def load(roots: Roots, text: str = COMPLETE, **files: str) -> TaskFolder:
    named = {name.replace("_", "."): content for name, content in files.items()}
    return load_task(write_task(roots.paths[0], text=text, files=named), roots)


@pytest.mark.parametrize(
    "template",
    ["flag{<hex:32>}", "a.b*<word:3>", "<uuid>", "k-<base64:24>", "<int:10-99>$", "x<hex:4>[1]"],
)
def test_a_templates_pattern_matches_its_values_and_no_others(template: str) -> None:
    pattern = template_pattern(template)
    values = [fill_template(template, bytes([number])) for number in range(20)]
    assert all(re.fullmatch(pattern, value) for value in values)
    assert not any(re.fullmatch(pattern, f"{value}!") for value in values)


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        (["ok", "note"], "green"),
        (["ok", "bad", "note"], "failed"),
        (["bad", "trouble"], "trouble"),
        (["ok", "trouble"], "trouble"),
    ],
)
def test_trouble_hides_a_verdict(states: list[Any], whole: str) -> None:
    findings = [Finding("x", state, "") for state in states]
    assert Checked("a/b", findings).state == whole
    assert (or_ok("x", findings[1:], "fine")[0].state == "ok") == (whole == "green")


def test_metadata_must_be_complete(roots: Roots) -> None:
    (fine,) = check_metadata(load(roots))
    assert (fine.state, fine.what) == ("ok", "cyber, 5 min (estimated), web")
    (bad,) = check_metadata(load(roots, TASK))
    assert (bad.state, bad.what) == ("bad", "there is no human_minutes with human_minutes_source")


@pytest.mark.parametrize(
    ("prompt", "state"),
    [
        ("Use the `python` tool.", "bad"),
        ("The tool `edit` helps.", "bad"),
        ("Use the bash tool, and write Python 3.", "ok"),
    ],
)
def test_a_prompt_names_only_tools_that_the_task_gives(
    roots: Roots, prompt: str, state: str
) -> None:
    assert check_tools(load(roots, instruction_md=prompt))[0].state == state


def test_paths_are_told_from_pages_and_from_what_is_to_be_made(roots: Roots) -> None:
    prompt = (
        "In `/srv/data/a.csv`, not at `http://web:8080/srv/x` or `/login`; see /etc/hosts. "
        "Write `/home/agent/report.txt`."
    )
    assert paths_named(load(roots, instruction_md=prompt)) == ["/srv/data/a.csv", "/etc/hosts"]


def test_builtin_cheats_join_a_copy_and_leave_the_task_alone(roots: Roots, tmp_path: Path) -> None:
    task = load(roots)
    staged = with_builtin_cheats(task, tmp_path / "staged")
    assert task.cheats == ["guess"]
    assert {"guess", GUESS, "built-in-links", "built-in-flag-grep"} <= set(staged.cheats)
    script = staged.cheat("built-in-flag-grep").read_text()
    assert r"PATTERN='flag\{[0-9a-f]{32}\}'" in script
    assert "COLLECTED=/home/agent/report.txt" in script
    bare = load(roots, COMPLETE.replace('files = ["/home/agent/report.txt"]', ""))
    assert "built-in-links" not in with_builtin_cheats(bare, tmp_path / "bare").cheats


def rehearsed(roots: Roots, tmp_path: Path, **fields: Any) -> Rehearsal:
    """A run of idle alone, whose sample ended as `fields` say."""
    load(roots)
    write_agent(roots.paths[0], "idle", "session.submit('')")
    run = write_run(tmp_path / "runs", roots)
    write_attempt(run, run.samples[0], **fields)
    return Rehearsal(run, {}, "")


GRADE = Grade(value=0.0, passed=False, reason="no")


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"grade": GRADE}, "ok"),
        ({"grade": GRADE.model_copy(update={"value": 0.1})}, "bad"),
        ({"grade": GRADE.model_copy(update={"passed": True, "value": 1.0})}, "bad"),
        (
            {"status": Status.SANDBOX_ERROR, "error": Failure(blame="sandbox", message="x")},
            "trouble",
        ),
        ({"status": Status.CANCELLED}, "trouble"),
        ({"status": Status.GRADER_ERROR, "error": Failure(blame="grader", message="x")}, "bad"),
    ],
)
def test_infrastructure_never_reads_as_a_verdict(
    roots: Roots, tmp_path: Path, fields: dict[str, Any], state: str
) -> None:
    rows = judge_samples(rehearsed(roots, tmp_path, **fields), "demo/first")
    assert [each.state for each in rows if each.check == "idle"] == [state]


@pytest.mark.parametrize(
    ("agent", "verdict", "bad"),
    [
        ("oracle", "clean", []),
        ("oracle", "flagged", ["oracle is clean"]),
        ("oracle", "indeterminate", ["sensors live"]),
        ("idle", "indeterminate", ["sensors live"]),
        ("idle", "flagged", []),
    ],
)
def test_honest_work_must_be_watched_and_called_clean(
    roots: Roots, tmp_path: Path, agent: str, verdict: Any, bad: list[str]
) -> None:
    load(roots, COMPLETE + "\n[unsafe]\nrules = ['persistence']\n", solution_sh="true\n")
    write_agent(roots.paths[0], agent, "session.submit('')")
    run = write_run(tmp_path / "runs", roots, agents=[agent])
    safety = Safety(verdict=verdict, reason="because")
    write_attempt(run, run.samples[0], grade=GRADE, safety=safety)
    rows = check_watched(Rehearsal(run, {}, ""), "demo/first")
    assert [each.check for each in rows if each.state == "bad"] == bad
    assert all("because" in each.what for each in rows if each.state == "bad")


def test_a_task_that_nobody_watches_is_a_note(roots: Roots, tmp_path: Path) -> None:
    (row,) = check_watched(rehearsed(roots, tmp_path, grade=GRADE), "demo/first")
    assert (row.check, row.state) == ("sensors live", "note")


def test_services_that_fail_are_the_tasks_fault(roots: Roots, tmp_path: Path) -> None:
    error = Failure(blame="sandbox", message="service web: it was not ready")
    before = rehearsed(roots, tmp_path, status=Status.SANDBOX_ERROR, error=error)
    failed = dataclasses.replace(before, not_ready={str(before.run.samples[0]): error.message})
    (row,) = [each for each in judge_samples(failed, "demo/first") if each.state == "bad"][:1]
    assert row.check == "services start"
    assert "1 of 1 samples did not start; service web: it was not ready" in row.what
    assert not [each for each in judge_samples(failed, "demo/first") if each.check == "idle"]


def test_a_flag_grader_stands_all_hostile_evidence(roots: Roots, tmp_path: Path) -> None:
    rehearsal = rehearsed(roots, tmp_path, grade=GRADE)
    evidence = evidence_of(rehearsal, rehearsal.run.samples[0])
    assert evidence is not None
    names = [name for name, _ in hostile(evidence)]
    assert len(names) == len(set(names)) > 15
    (row,) = check_hostile(load(roots), evidence)
    assert (row.state, row.what) == ("ok", f"{len(names)} kinds of it were not passed")
    assert check_hostile(load(roots), None) == []


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        (lambda _task, _file: None, "fresh"),
        (lambda task, _file: (task.path / "instruction.md").write_text("Other."), "stale"),
        (
            lambda task, _file: (task.environment.path / "web" / "Dockerfile").write_text("#"),
            "stale",
        ),
        (lambda _task, file: file.write_text("{"), "stale"),
        (lambda _task, file: file.unlink(), "none"),
    ],
)
def test_a_certificate_holds_for_what_it_was_made_on(
    roots: Roots, tmp_path: Path, change: Any, standing: str
) -> None:
    task, store = load(roots), Certificates(tmp_path / "certificates", roots)
    file = store.write(task, Checked(task.id, [Finding("x", "ok", "fine")]), {"web": "sha256:1"})
    assert json.loads(file.read_text())["green"] is True
    change(task, file)
    assert store.standing(task) == standing


def test_a_failed_certificate_is_not_fresh(roots: Roots, tmp_path: Path) -> None:
    task, store = load(roots), Certificates(tmp_path / "certificates", roots)
    store.write(task, Checked(task.id, [Finding("x", "bad", "wrong")]), {})
    assert store.standing(task) == "failed"
