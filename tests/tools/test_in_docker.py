"""The tools in a real container, where users are real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.protocols import Sandbox, Workbench

STATION = {"image": "harness/workstation", "user": "agent", "workdir": "/home/agent"}


@pytest.fixture(scope="module")
def container(docker_sandboxes: Any, order: Any) -> Iterator[Sandbox]:
    with docker_sandboxes.open(order({"workstation": STATION})) as opened:
        yield opened


@pytest.fixture
def bench(container: Sandbox, tmp_path: Path) -> Workbench:
    return Workbench(container, lambda: 20.0, tmp_path / "outputs")


def test_edit_can_do_no_more_than_the_agent(
    tool: Any, bench: Workbench, container: Sandbox
) -> None:
    edit = tool("edit", bench)
    container.write("/srv/roots", b"as it was\n")
    container.write("/srv/secret", b"hidden\n", mode=0o400)
    for arguments in (
        {"command": "create", "path": "/srv/roots", "file_text": "mine"},
        {"command": "str_replace", "path": "/srv/roots", "old_str": "was", "new_str": "is"},
        {"command": "insert", "path": "/srv/roots", "insert_line": 0, "insert_text": "mine"},
        {"command": "create", "path": "/etc/cron.d/mine", "file_text": "mine"},
        {"command": "view", "path": "/srv/secret"},
    ):
        result = edit(**arguments)
        assert result.is_error
        assert "denied" in result.content.lower() or "cannot create" in result.content.lower()
    assert container.read("/srv/roots") == b"as it was\n"


def test_what_edit_creates_is_the_agents(tool: Any, bench: Workbench, container: Sandbox) -> None:
    tool("edit", bench)(command="create", path="/home/agent/new/file", file_text="x")
    said = container.exec(["stat", "-c", "%U", "new", "new/file"]).stdout
    assert said == b"agent\nagent\n"


def test_the_whole_of_a_cut_output_can_be_read_by_the_agent(tool: Any, bench: Workbench) -> None:
    bash = tool("bash", bench)
    result = bash(command="seq 100000")
    assert result.whole is not None
    path = f"/tmp/outputs/{result.whole.name}"
    assert path in result.content
    assert bash(command=f"wc -l < {path}; rm {path} && echo removed").content == "100000\nremoved"


def test_bash_is_the_agent_with_nothing_of_the_harness_in_sight(
    tool: Any, bench: Workbench
) -> None:
    bash = tool("bash", bench)
    assert bash(command="id -un; pwd").content == "agent\n/home/agent"
    environment = bash(command="env").content.splitlines()
    names = {line.partition("=")[0] for line in environment}
    assert not {"DOCKER_HOST", "ANTHROPIC_API_KEY", "PYTEST_CURRENT_TEST"} & names


def test_gdb_is_driven(tool: Any, bench: Workbench) -> None:
    process = tool("process", bench)
    source = "int main(void) { int answer = 6 * 7; return answer; }"
    made = tool("bash", bench)(command=f"echo '{source}' > p.c && gcc -g -O0 -o p p.c")
    assert made.exit_code == 0
    process(action="start", command="gdb -q ./p", until=r"\(gdb\) ", timeout_seconds=15)
    assert "line 1" in process(action="send", text="break main\n", until=r"\(gdb\) $").content
    assert "main" in process(action="send", text="info line main\n", until=r"\(gdb\) $").content
    ended = process(action="send", text="quit\n", until="never")
    assert "[the program has ended]" in ended.content


def test_netcat_talks_to_itself(tool: Any, bench: Workbench) -> None:
    process = tool("process", bench)
    process(action="start", id="server", command="nc -l 127.0.0.1 4444")
    process(action="start", id="client", command="nc 127.0.0.1 4444")
    process(action="send", id="client", text="over the wire\n", quiet_seconds=0.2)
    heard = process(action="read", id="server", until="over the wire")
    assert "over the wire" in heard.content


HOARD = """
import os, subprocess, sys, time
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, __file__, "on"], env={}, start_new_session=True)
    time.sleep(2)
    sys.exit()
while True:
    try:
        subprocess.Popen(["sleep", "300"], env={}, start_new_session=True)
    except OSError:
        time.sleep(0.001)
"""


def test_an_agent_that_uses_up_its_processes_is_told_and_keeps_its_sandbox(
    docker_sandboxes: Any, order: Any, tool: Any, tmp_path: Path
) -> None:
    with docker_sandboxes.open(order({"workstation": {**STATION, "pids": 32}})) as opened:
        bench = Workbench(opened, lambda: 20.0, tmp_path / "outputs")
        bash = tool("bash", bench)
        bash(command=f"cat > hoard.py <<'END'\n{HOARD}END\npython3 hoard.py")
        refused = bash(restart=True)
        assert refused.is_error
        assert "No shell can be opened now" in refused.content
        opened.freeze()


FORGE = r"""trap 'case $BASH_COMMAND in *036E*) n=${BASH_COMMAND#*036E}
builtin printf "\036E${n%% *} junk\036\n" >&63;; esac' DEBUG"""


def test_a_forged_exit_code_ends_neither_the_shell_nor_the_sample(
    tool: Any, bench: Workbench
) -> None:
    bash = tool("bash", bench)
    bash(command=FORGE)
    assert bash(command="echo forged").exit_code == 255
    bash(restart=True)
    assert bash(command="echo fresh; exit 0").content.startswith("fresh")
