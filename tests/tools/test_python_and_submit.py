"""python: a script in a fresh interpreter; submit: the end."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from pydantic import ValidationError

from harness.errors import Submitted
from harness.protocols import Workbench
from harness.tools import TOOLS, open_tools, tool_spec


@pytest.fixture
def python(tool: Any, bench: Workbench) -> Any:
    return tool("python", bench)


def test_a_script_runs_in_the_home_and_keeps_nothing_but_files(python: Any, home: str) -> None:
    assert python(code="x = 1\nopen('kept', 'w').write('file')").content == "[no output]"
    result = python(code="import os; print(os.getcwd(), open('kept').read(), 'x' in globals())")
    assert result.content == f"{home} file False"


def test_a_traceback_is_shown_with_the_exit_code(python: Any) -> None:
    result = python(code="print('before')\nraise ValueError('odd 猫')")
    assert result.content.startswith("before\nTraceback")
    assert "ValueError: odd 猫\n[exit code 1]" in result.content
    assert result.exit_code == 1


def test_an_endless_script_is_ended_at_the_timeout(tool: Any, bench: Workbench) -> None:
    python = tool("python", dataclasses.replace(bench, command_seconds=lambda: 0.7))
    result = python(code="print('begun', flush=True)\nwhile True: pass")
    assert result.content == "begun\n[timed out after 0.7 s; its processes were ended]"
    assert result.is_error


def test_a_script_finds_its_standard_input_at_its_end(python: Any) -> None:
    assert "EOFError" in python(code="input()").content


def test_a_long_output_is_cut_and_counted(python: Any) -> None:
    content = python(code="print('first')\nprint('x' * 500_000)\nprint('last')").content
    assert content.startswith("first\nxxx")
    assert "last\n" in content
    assert len(content) < 21_000
    assert "bytes of the output were cut and not kept]" in content


def test_an_empty_script_is_refused(python: Any) -> None:
    with pytest.raises(ValidationError):
        python(code="")


def test_submitting_ends_the_work_with_the_exact_answer(tool: Any, bench: Workbench) -> None:
    with pytest.raises(Submitted) as caught:
        tool("submit", bench)(answer=" flag{1}\n")
    assert caught.value.answer == " flag{1}\n"


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_tool_tells_a_model_what_it_takes(name: str) -> None:
    with open_tools([name]) as tools:
        spec = tool_spec(tools[name])
    assert spec.name == name
    assert len(spec.description) > 20
    assert spec.input_schema["type"] == "object"
    assert spec.input_schema["additionalProperties"] is False
    assert set(spec.input_schema["properties"]) == set(TOOLS[name].Args.model_fields)


def test_tools_of_one_sample_are_not_those_of_another() -> None:
    with open_tools(["bash", "process"]) as one, open_tools(["bash", "process"]) as other:
        assert list(one) == ["bash", "process"]
        assert one["bash"] is not other["bash"]
