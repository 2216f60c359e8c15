"""bash: a persistent shell whose results a model can act on."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest

from harness.errors import SandboxLost
from harness.orders import SandboxOrder
from harness.protocols import Workbench
from harness.testing.fake_sandbox import FakeSandboxes
from harness.testing.sandbox_conformance import ENVIRONMENT


@pytest.fixture
def bash(tool: Any, bench: Workbench) -> Any:
    return tool("bash", bench)


def test_state_stays_from_call_to_call(bash: Any) -> None:
    assert bash(command="mkdir sub; cd sub; x=1").content == "[no output]"
    assert bash(command='basename "$PWD"; echo $x').content == "sub\n1"


def test_a_failure_shows_its_exit_code_and_is_no_error_of_the_tool(bash: Any) -> None:
    result = bash(command="echo before; (exit 3)")
    assert result.content == "before\n[exit code 3]"
    assert (result.exit_code, result.is_error) == (3, False)


def test_a_timeout_tells_its_seconds_and_keeps_what_was_printed(bash: Any) -> None:
    result = bash(command="echo begun; sleep 60", timeout_seconds=0.5)
    assert result.content.startswith("begun\n")
    assert "[timed out after 0.5 s; its processes were ended]" in result.content
    assert result.is_error


def test_no_command_may_take_longer_than_the_bench_allows(tool: Any, bench: Workbench) -> None:
    bash = tool("bash", dataclasses.replace(bench, command_seconds=lambda: 0.5))
    assert "timed out after 0.5 s" in bash(command="sleep 60", timeout_seconds=100).content


def test_a_shell_that_ended_is_told(bash: Any) -> None:
    result = bash(command="x=1; exit 4")
    assert "[exit code 4]" in result.content
    assert "a new shell was started" in result.content
    assert bash(command="echo x=$x").content == "x="


def test_restarting_gives_a_fresh_shell(bash: Any) -> None:
    bash(command="x=1")
    assert bash(restart=True).content == "The shell was restarted."
    assert bash(restart=True, command="echo x=$x").content == "x="


@pytest.mark.parametrize("arguments", [{}, {"command": "  \n"}])
def test_an_empty_command_is_told_what_is_needed(bash: Any, arguments: dict[str, Any]) -> None:
    result = bash(**arguments)
    assert result.is_error
    assert result.content == "bash needs a command, or restart = true."


def test_late_output_of_a_job_is_told_apart(bash: Any) -> None:
    bash(command="(sleep 0.2; echo late) &")
    time.sleep(0.6)
    content = bash(command="echo mine").content
    assert content.startswith("[from background jobs, before this command]\nlate\n")
    assert content.endswith("\nmine")


def test_a_long_output_names_the_file_that_holds_the_whole(
    bash: Any, bench: Workbench, home: str
) -> None:
    result = bash(command="echo first; seq 100000; echo last")
    assert result.content.startswith("first\n1\n2\n")
    assert "last" in result.content
    assert len(result.content) < 21_000
    assert result.whole is not None
    path = f"/tmp/outputs/{result.whole.name}"
    assert f"the whole is in {path}" in result.content
    whole = bench.sandbox.read(path)
    assert whole == result.whole.read_bytes()
    assert whole.decode().splitlines() == ["first", *map(str, range(1, 100_001)), "last"]


@pytest.mark.parametrize("last", [4_000, 5_000, 9_000])
def test_whatever_the_model_does_not_see_whole_is_in_a_file(
    bash: Any, bench: Workbench, last: int
) -> None:
    result = bash(command=f"seq {last}")
    numbers = "".join(f"{number}\n" for number in range(1, last + 1))
    if numbers.strip() != result.content:
        assert len(result.content) < 20_500
        assert result.whole is not None
        assert result.whole.read_text() == numbers
        assert f"/tmp/outputs/{result.whole.name}" in result.content
    assert (numbers.strip() == result.content) is (last == 4_000)


def test_a_lost_sandbox_is_no_result(tool: Any, bench: Workbench) -> None:
    order = SandboxOrder(ENVIRONMENT, {}, "tools", "lost", 60.0, {}, {})
    with FakeSandboxes(lose_at=1).open(order) as sandbox:
        bash = tool("bash", dataclasses.replace(bench, sandbox=sandbox))
        with pytest.raises(SandboxLost):
            bash(command="true")
