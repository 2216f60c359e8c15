"""Bad usage ends with one line that says where, what and how to mend it, and a telling exit code."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from harness.testing.content import TASK, write_agent, write_environment, write_task

LINE = re.compile(r"harness[^:\n]*: [^;\n]+; .+\n")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["nope"], "No such command 'nope'; see `harness --help`"),
        (["list", "nope"], "No such command 'nope'; see `harness list --help`"),
        (["run", "--nope"], "--nope"),
        (["report"], "Missing argument"),
        (["new", "task", "a/b", "c"], "unexpected extra argument"),
        (["run"], "harness run: which tasks?; name a suite, as in `run quickstart`"),
        (["run", "x", "--epochs", "0"], "--epochs"),
        (["run", "x", "--epochs", "many"], "--epochs"),
        (["run", "x", "--jobs", "0"], "--jobs"),
        (["run", "x", "--limit-wall", "5"], "--limit-wall: not a duration: '5'; write"),
        (["run", "x", "--limit-command", "soon"], "--limit-command: not a duration: 'soon'; write"),
        (["run", "x", "--budget-wall", "0s"], "--budget-wall: a duration must be longer"),
        (["run", "x", "--limit-usd", "-1"], "--usd"),
        (["run", "x", "--effort", "huge"], "--effort"),
        (["run", "demo", "--resume", "last"], "--resume: a run resumes as planned; leave"),
        (["run", "--resume", "last"], "run 'last': there is no such run; see `harness list runs`"),
        (["run", "demo"], "agent 'react': it needs a model; add --model anthropic/<id>"),
        (["run", "demo", "-a", "swfit"], "agent 'swfit': there is no such agent; did you mean swift?"),
        (["run", "dmeo", "-a", "swift"], "selector 'dmeo': matches no task; did you mean demo"),
        (["run", "demo", "-a", "cheat:../x"], "a cheat is named without folders and ending; write"),
        (["run", "demo", "-a", "swift", "--variant", "hnit"], "--variant hnit: no selected task has it; did you mean hint?"),
        (["run", "demo", "-m", "openai/x"], "OPENAI_API_KEY"),
        (["run", "demo", "-m", "gone.toml"], "gone.toml: cannot be read"),
        (["run", "demo", "-m", "openai/x", "--base-url", "http://127.0.0.1:1", "--cache-generations", "/dev/null"], "--cache-generations /dev/null: cannot be made a folder"),
        (["run", "demo", "-m", "other/x"], "model 'other/x': no provider of that name is known; write one of"),
        (["run", "demo", "-m", "anthropic/x"], "ANTHROPIC_API_KEY"),
        (["run", "demo", "-m", "scripted/gone.toml"], "gone.toml: cannot be read"),
        (["run", "demo", "--path", "gone"], "--path: gone is not a folder; name a folder"),
        (["shell", "nope"], "selector 'nope': matches no task"),
        (["report", "nope"], "run 'nope': there is no such run; see `harness list runs`"),
        (["grade", "last"], "run 'last': there is no such run"),
        (["report", "."], "run.json: is not a run's plan"),
        (["grade", "tasks"], "tasks/run.json: is not a run's plan"),
        (["new", "task", "Bad Name/x"], "is not a name (small letters, digits, - and _); write it like"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)  # fmt: skip
def test_bad_usage_is_one_line_and_exit_code_2(
    cli: Any, root: Path, arguments: list[str], part: str
) -> None:
    write_agent(root, "react").write_text(
        (root / "agents/swift.py").read_text().replace("wants_model = False", "wants_model = True")
    )
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert part in ran.err
    assert LINE.fullmatch(ran.err), ran.err
    assert not (root / "runs").exists()


def test_a_shell_is_for_one_task(cli: Any, root: Path) -> None:
    write_task(root, "demo/second")
    ran = cli("shell", "demo")
    wanted = "harness: harness shell demo: names 2 tasks; choose: demo/first, demo/second\n"
    assert (ran.code, ran.err) == (2, wanted)


def test_faults_of_content_stand_one_to_a_line_with_file_line_field_and_remedy(
    cli: Any, root: Path
) -> None:
    write_task(root, text=TASK.replace("steps = 20", "step = 20").replace('"5m"', "5"))
    write_environment(root, text="schema = 1\ntitle = ''\n")
    write_task(root, "demo/second")
    for ran in (cli("run", "demo", "-a", "swift"), cli("list", "tasks")):
        assert (ran.code, ran.out) == (2, "")
        task, environment = (
            root / "tasks/demo/first/task.toml",
            root / "environments/range/environment.toml",
        )
        assert ran.err.splitlines() == [
            f'harness: {task}:8: limits.wall: a duration is text with a unit, such as "90s" or "30m", not 5; mend this field',
            f'harness: {task}:7: limits.step: unknown key; did you mean "steps"?',
            f"harness: {environment}:2: title: string should have at least 1 character (got ''); mend this field",
            f"harness: {environment}: agent_service: is missing; add it",
            f"harness: {environment}: services: is missing; add it",
        ]


def test_debug_shows_the_traceback_and_keeps_the_line_and_the_code(cli: Any, root: Path) -> None:
    plain, debug = cli("run", "nope", "-a", "swift"), cli("--debug", "run", "nope", "-a", "swift")
    assert "Traceback" not in plain.err
    assert debug.err.startswith("Traceback (most recent call last)")
    assert "in select_tasks" in debug.err
    assert debug.err.endswith(plain.err)
    assert debug.code == plain.code == 2


def test_debug_is_forgotten_by_the_next_command(cli: Any) -> None:
    cli("--debug", "report", "x")
    assert "Traceback" not in cli("report", "x").err


def test_without_an_engine_a_run_ends_with_one_line_and_code_3(
    cli_process: Any, root: Path, tmp_path: Path
) -> None:
    ran = cli_process("run", "demo", "-a", "swift")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.splitlines()[-1] == (
        f"harness: engine at unix://{tmp_path}/no-engine.sock: the engine does not answer "
        "(FileNotFoundError); start Docker (`make setup` does it on Debian as root), "
        "or set DOCKER_HOST"
    )
    assert "Traceback" not in ran.err
    assert not (root / "runs").exists()


@pytest.mark.parametrize("arguments", [["images", "list"], ["clean"], ["images", "build"]], ids=" ".join)  # fmt: skip
def test_without_an_engine_every_command_that_needs_one_says_so(
    cli_process: Any, arguments: list[str]
) -> None:
    ran = cli_process(*arguments)
    assert (ran.code, ran.out) == (3, "")
    assert LINE.fullmatch(ran.err)
    assert "the engine does not answer" in ran.err


def test_without_an_engine_doctor_says_what_is_missing_and_ends_with_1(cli_process: Any) -> None:
    ran, data = cli_process("doctor"), cli_process("doctor", "--json")
    assert ran.code == data.code == 1
    (line,) = [line for line in ran.out.splitlines() if line.startswith("MISSING engine")]
    assert "set DOCKER_HOST" in line
    states = {row["what"]: row["state"] for row in data.json}
    assert (states["engine"], states["python"]) == ("bad", "ok")


def test_doctor_tells_whether_a_key_is_there_and_never_shows_it(
    cli_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    ran = cli_process("doctor")
    assert re.search(r"ok +ANTHROPIC_API_KEY +present", ran.out)
    assert "sk-secret" not in ran.out + ran.err


def test_a_reader_that_stops_early_is_no_error(cli_process: Any) -> None:
    gone, theirs = os.pipe()
    os.close(gone)
    ran = cli_process("list", "models", "--json", stdout=theirs)
    os.close(theirs)
    assert (ran.code, ran.err) == (0, "")
