"""Each broken task is caught, with the message that says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine

FAULTY = Path(__file__).parent / "faulty"
TROUBLE = Path(__file__).parents[1] / "integration" / "content"
Check = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture(scope="module")
def rows(check: Check) -> dict[str, Any]:
    code, rows, err = check("broken")
    assert code == 1, err
    return rows


@pytest.mark.parametrize(
    ("task", "check_name", "what"),
    [
        (
            "leaked-in-layer",
            "leaks",
            "secret flag stands in file /opt/build.log (base64, offset 0)",
        ),
        ("leaked-in-environment", "leaks", "secret flag stands in /proc (raw)"),
        ("leaked-in-environment", "leaks", "secret flag stands in image of station (raw)"),
        ("leaked-in-environment", "built-in cheats", "look-around passed 1 of 1"),
        (
            "leaked-in-prompt",
            "leaks",
            "the oracle's answer stands in prompt of variant default (raw)",
        ),
        ("wrong-key", "oracle", "passed 0 of 3 (the flag is there, with other text around it"),
        ("always-passes", "idle", "passed 1 of 1"),
        ("always-passes", "hostile evidence", "is passed: no submission, an empty submission"),
        ("trusts-the-agent", "built-in cheats", "forge-verdict passed 1 of 1"),
        ("trusts-the-agent", "hostile evidence", "is passed: collected files: NaN"),
        ("open-key", "built-in cheats", "flag-grep passed 1 of 1"),
        ("open-key", "tools of the prompt", "names the python tool, which the task does not give"),
        ("idle-passes", "idle", "passed 1 of 1"),
        (
            "hangs",
            "hostile evidence",
            "the grader hangs (it did not end within 15 s): collected files",
        ),
        ("changes-its-mind", "same grade again", "got another grade from the same evidence"),
        ("changes-its-mind", "idle", "not 0"),
    ],
)
def test_what_is_broken_is_caught_and_named(
    rows: dict[str, Any], task: str, check_name: str, what: str
) -> None:
    row = rows[f"broken/{task}"]
    bad = [each for each in row["checks"] if each["state"] == "bad" and each["check"] == check_name]
    assert any(what in each["what"] for each in bad), bad
    assert all(each["remedy"] for each in bad)
    assert row["state"] == "failed"


@pytest.mark.parametrize(
    ("task", "fine"),
    [
        ("leaked-in-layer", ["oracle", "idle", "built-in cheats", "hostile evidence"]),
        ("wrong-key", ["idle", "wrong answer", "leaks", "services start", "nothing left behind"]),
        ("hangs", ["oracle", "idle", "built-in cheats", "same grade again", "builds"]),
    ],
)
def test_what_is_not_broken_is_not_blamed(rows: dict[str, Any], task: str, fine: list[str]) -> None:
    states = {each["check"]: each["state"] for each in rows[f"broken/{task}"]["checks"]}
    assert {name: states[name] for name in fine} == dict.fromkeys(fine, "ok")


def test_a_failed_task_has_a_certificate_that_says_so(rows: dict[str, Any]) -> None:
    certificate = json.loads(Path(rows["broken/wrong-key"]["certificate"]).read_text())
    assert certificate["green"] is False
    assert set(certificate["digests"]) == {"task", "environment", "images", "grader", "harness"}
    assert certificate["images"]["station"].startswith("sha256:")
    assert certificate["checks"] == rows["broken/wrong-key"]["checks"]


def test_a_flaky_service_is_found_by_repetition(check: Check) -> None:
    _, rows, _ = check("broken/flaky-service", "--repeat", "4")
    found = {each["check"]: each for each in rows["broken/flaky-service"]["checks"]}
    assert found["oracle"]["state"] == "bad"
    assert "of 12: it flickers (the submission is not the flag)" in found["oracle"]["what"]
    assert found["same grade again"]["state"] == found["idle"]["state"] == "ok"


def test_a_sound_task_is_green_and_certified(check: Check) -> None:
    code, rows, err = check("quickstart/rsa-small")
    assert code == 0, (rows, err)
    assert {each["state"] for each in rows["quickstart/rsa-small"]["checks"]} == {"ok"}
    assert json.loads(Path(rows["quickstart/rsa-small"]["certificate"]).read_text())["green"]


def test_a_missing_file_is_bad_content_and_nothing_is_run(check: Check) -> None:
    code, rows, err = check("faulty", content=FAULTY)
    assert (code, rows) == (2, {})
    assert "grade.py does not exist; add the file" in err


def test_without_an_engine_nothing_is_said_about_a_task(check: Check, tmp_path: Path) -> None:
    certificates = tmp_path / "certificates"
    code, rows, _ = check(
        "broken/wrong-key",
        "--certificates",
        str(certificates),
        DOCKER_HOST=f"unix://{tmp_path}/no-engine.sock",
    )
    assert (code, rows) == (3, {})
    assert not certificates.exists()


def test_a_service_that_is_never_ready_is_the_tasks_fault(check: Check) -> None:
    code, rows, err = check("trouble/never-ready", content=TROUBLE)
    row = rows["trouble/never-ready"]
    bad = {each["check"]: each["what"] for each in row["checks"] if each["state"] == "bad"}
    assert (code, row["state"]) == (1, "failed"), err
    assert "it was not ready within 1 s" in bad["services start"]
    unknown = {"oracle", "idle", "leaks", "built-in cheats", "hostile evidence"}
    assert {each["check"] for each in row["checks"]}.isdisjoint(unknown)


def test_an_image_that_cannot_be_had_is_trouble_and_no_verdict(check: Check) -> None:
    code, rows, err = check("trouble/no-image", content=TROUBLE)
    assert (code, rows) == (3, {})
    assert "nobody.invalid/has-this:1" in err


def test_a_check_needs_to_know_which_tasks(check: Check) -> None:
    code, _, err = check()
    assert code == 2
    assert err.startswith("harness: harness check: which tasks?; ")
