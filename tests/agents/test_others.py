"""The agents that need no model: oracle, idle, scripted, human."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ContentError, Submitted, UsageError
from harness.protocols import ToolResult

SOLUTION = """\
#!/bin/sh
# a remark

#-- first
cd /srv
make
#-- second
cat flag
"""


def answer_of(agent: Any, seen: Any) -> str:
    with pytest.raises(Submitted) as stop:
        agent.run(seen)
    return stop.value.answer


def test_the_oracle_runs_the_script_block_by_block(agent: Any, session: Any) -> None:
    seen = session(script=SOLUTION)
    answer_of(agent("oracle"), seen)
    assert seen.commands == [
        "#!/bin/sh\n# a remark\n",
        "#-- first\ncd /srv\nmake",
        "#-- second\ncat flag",
    ]


def test_a_script_without_marks_is_one_block(agent: Any, session: Any) -> None:
    seen = session(script="\n\necho a\n\necho b\n")
    answer_of(agent("oracle"), seen)
    assert len(seen.commands) == 1
    assert seen.commands[0].split() == ["echo", "a", "echo", "b"]


def test_the_oracle_submits_the_last_line_that_the_last_block_printed(
    agent: Any, session: Any
) -> None:
    outputs = {
        "#-- a\none": ToolResult("early", exit_code=0),
        "#-- b\ntwo": ToolResult("looking\n  flag{1} \n\n", exit_code=0),
    }
    seen = session(script="#-- a\none\n#-- b\ntwo\n", outputs=outputs)
    assert answer_of(agent("oracle"), seen) == "flag{1}"


def test_a_failing_block_is_noted_and_the_script_goes_on(agent: Any, session: Any) -> None:
    outputs = {
        "#-- a\none": ToolResult("good", exit_code=0),
        "#-- b\ntwo": ToolResult("bad\n[exit code 1]", exit_code=1),
        "#-- c\nthree": ToolResult("[timed out]", is_error=True, exit_code=None),
    }
    seen = session(script="#-- a\none\n#-- b\ntwo\n#-- c\nthree\n", outputs=outputs)
    assert answer_of(agent("oracle"), seen) == "good"
    assert len(seen.commands) == 3
    assert seen.notes == ["this block of the script failed; going on"] * 2


@pytest.mark.parametrize("said", ["[no output]", "", "\n \n"])
def test_a_silent_last_block_submits_nothing(agent: Any, session: Any, said: str) -> None:
    seen = session(script="make", outputs={"make": ToolResult(said, exit_code=0)})
    assert answer_of(agent("oracle"), seen) == ""


def test_an_empty_script_submits_nothing_and_runs_nothing(agent: Any, session: Any) -> None:
    seen = session(script="\n  \n")
    assert answer_of(agent("oracle"), seen) == ""
    assert seen.calls == []


def test_the_oracle_says_that_it_needs_bash(agent: Any, session: Any) -> None:
    with pytest.raises(UsageError, match='add "bash" to its tools'):
        agent("oracle").run(session(script="ls", tool_names=["edit", "submit"]))


def test_idle_submits_nothing_and_touches_nothing(agent: Any, session: Any) -> None:
    seen = session()
    assert answer_of(agent("idle"), seen) == ""
    assert (seen.calls, seen.asked) == ([], [])


def write_script(path: Path, *turns: str) -> Path:
    path.write_text("schema = 1\n" + "".join(f"[[turns]]\n{turn}\n" for turn in turns))
    return path


def test_scripted_calls_what_its_file_lists_and_fills_in_what_came_back(
    agent: Any, session: Any, tmp_path: Path
) -> None:
    path = write_script(
        tmp_path / "s.toml",
        'calls = [{ name = "bash", input = { command = "ls" } }, { name = "bash", input = { command = "cat f" } }]',
        "text = 'only words'",
        "calls = [{ name = 'submit', input = { answer = '{{match:(flag\\{\\d+\\})}}' } }]",
    )  # fmt: skip
    seen = session(outputs={"cat f": ToolResult("here: flag{12}", exit_code=0)})
    assert answer_of(agent(f"scripted:{path}"), seen) == "flag{12}"
    assert seen.commands == ["ls", "cat f"]
    assert [call for _, _, call in seen.calls] == [None, None, None]


def test_scripted_without_a_submit_hands_in_nothing(
    agent: Any, session: Any, tmp_path: Path
) -> None:
    call = 'calls = [{ name = "bash", input = { command = "ls" } }]'
    path = write_script(tmp_path / "s.toml", call)
    seen = session()
    agent(f"scripted:{path}").run(seen)
    assert seen.commands == ["ls"]


def test_a_faulty_script_is_refused_when_the_agent_is_loaded(agent: Any, tmp_path: Path) -> None:
    path = write_script(tmp_path / "s.toml", "cals = []")
    with pytest.raises(ContentError, match="cals"):
        agent(f"scripted:{path}")


def test_a_person_runs_commands_and_submits(
    agent: Any, session: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = "echo a \\\nb\n\n:left\n:nonsense\n:submit  flag{1} \nnever\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    seen = session(instruction="Take the flag.")
    assert answer_of(agent("human"), seen) == "flag{1}"
    assert seen.commands == ["echo a \nb"]
    shown = capsys.readouterr()
    assert shown.out == ""
    for part in ("Take the flag.", "ran echo a", "steps 9, 60 s"):
        assert part in shown.err
    assert shown.err.count(":submit ANSWER") == 2


@pytest.mark.parametrize("typed", [":quit\nls\n", ""])
def test_a_person_may_leave_without_an_answer(
    agent: Any, session: Any, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    seen = session()
    agent("human").run(seen)
    assert seen.calls == []
