"""process: interactive programs, typed to and read."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
from pydantic import ValidationError

from harness.protocols import Sandbox, Workbench


@pytest.fixture
def process(tool: Any, bench: Workbench) -> Any:
    return tool("process", bench)


def test_a_python_prompt_is_driven(process: Any) -> None:
    started = process(action="start", command="python3 -q -i", until=">>> ")
    assert started.content.endswith(">>> ")
    assert "42" in process(action="send", text="6 * 7\n", until="42\\s+>>> ").content
    process(action="send", text="x = 'kept'\n", until=">>> ")
    assert "kept" in process(action="send", text="print(x)\n", until="kept").content
    ended = process(action="send", text="exit()\n", until="never")
    assert "[the program has ended]" in ended.content


def test_a_server_and_its_client_talk(process: Any) -> None:
    serve = (
        'python3 -u -c \'import socket; s = socket.create_server(("127.0.0.1", 0)); '
        'print("port", s.getsockname()[1]); c, _ = s.accept(); '
        'print("got", c.recv(99)); c.sendall(b"pong")\''
    )
    said = process(action="start", id="server", command=serve, until=r"port \d+").content
    port = said.split()[-1]
    talk = (
        f'python3 -u -c \'import socket; c = socket.create_connection(("127.0.0.1", {port})); '
        "c.sendall(input().encode()); print(c.recv(99))'"
    )
    process(action="start", id="client", command=talk)
    assert "pong" in process(action="send", id="client", text="ping\n", until="pong").content
    assert "ping" in process(action="read", id="server", until="ping").content


def test_keys_are_typed(process: Any) -> None:
    process(action="start", command="cat -v", timeout_seconds=2)
    content = process(action="send", text="ab", keys=["backspace", "enter"]).content
    assert content.splitlines()[-1].strip() == "a"
    ended = process(action="send", keys=["ctrl-d"], until="never")
    assert "[the program has ended]" in ended.content


def test_an_interrupt_reaches_the_program(process: Any) -> None:
    loop = 'python3 -u -c \'import time\ntry:\n print("on")\n time.sleep(60)\nexcept KeyboardInterrupt:\n print("caught")\''
    process(action="start", command=loop, until="on")
    assert "caught" in process(action="interrupt", until="caught").content


def test_reading_stops_when_it_is_quiet(process: Any) -> None:
    process(action="start", command="cat")
    started = time.monotonic()
    result = process(action="read", quiet_seconds=0.3, timeout_seconds=30)
    assert result.content == "[nothing was printed]"
    assert time.monotonic() - started < 25


def test_no_wait_is_longer_than_the_bench_allows(tool: Any, bench: Workbench) -> None:
    process = tool("process", dataclasses.replace(bench, command_seconds=lambda: 0.5))
    started = time.monotonic()
    process(action="start", command="cat", until="never", timeout_seconds=600)
    assert time.monotonic() - started < 60


def test_closing_ends_the_program_and_frees_its_name(process: Any, sandbox: Sandbox) -> None:
    process(action="start", command="echo $$ > pid; exec sleep 60", quiet_seconds=0.3)
    pid = sandbox.exec(["cat", "pid"]).stdout.decode().strip()
    assert sandbox.exec(["kill", "-0", pid]).exit_code == 0
    assert process(action="close").content == "closed"
    time.sleep(0.2)
    assert sandbox.exec(["kill", "-0", pid]).exit_code != 0
    assert not process(action="start", command="cat", quiet_seconds=0.1).is_error


def test_typing_to_an_ended_program_is_told(process: Any) -> None:
    process(action="start", command="true", until="never")
    result = process(action="send", text="x\n")
    assert result.is_error
    assert result.content == "The program has ended; start it again."
    assert not process(action="start", command="cat", quiet_seconds=0.1).is_error


def test_a_long_output_is_cut(process: Any) -> None:
    content = process(action="start", command="seq 100000", until="never").content
    assert len(content) < 21_000
    assert "cut here" in content


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"action": "start"}, "needs a command"),
        ({"action": "send", "text": "x"}, "No program named 'main' is open (open: none)"),
        ({"action": "read", "id": "gdb"}, "No program named 'gdb'"),
        ({"action": "send", "keys": ["hyper"]}, "unknown keys hyper; known: enter"),
        ({"action": "read", "until": "("}, "until is not a regular expression"),
    ],
)
def test_requests_that_make_no_sense_are_told_why(
    process: Any, arguments: dict[str, Any], said: str
) -> None:
    result = process(**arguments)
    assert result.is_error
    assert said in result.content


def test_a_name_in_use_is_told(process: Any) -> None:
    process(action="start", command="cat", quiet_seconds=0.1)
    again = process(action="start", command="cat")
    assert again.is_error
    assert "open already" in again.content


def test_there_is_a_limit_to_open_programs(process: Any) -> None:
    for number in range(8):
        process(action="start", id=str(number), command="cat", quiet_seconds=0.05)
    result = process(action="start", id="one-more", command="cat")
    assert result.is_error
    assert "8 programs are open" in result.content


@pytest.mark.parametrize(
    "arguments",
    [{"action": "type"}, {"action": "read", "quiet_seconds": 0}, {"action": "read", "pid": 1}],
)
def test_arguments_of_another_shape_are_refused(process: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        process(**arguments)


def test_a_pattern_that_searches_forever_does_not_hold_up_the_harness(
    tool: Any, bench: Workbench
) -> None:
    process = tool("process", bench)
    started = time.monotonic()
    said = process(action="start", command=f"printf '{'a' * 60}\\n'; sleep 20", until="(a|a)*[bc]")
    assert "a" * 60 in said.content
    assert time.monotonic() - started < 60


def test_text_that_no_encoding_knows_is_no_trouble(tool: Any, bench: Workbench) -> None:
    process = tool("process", bench)
    assert not process(action="start", command="cat", quiet_seconds=0.2).is_error
    assert not process(action="send", text="\ud800\n", quiet_seconds=0.2).is_error
    process(action="read", until="\ud800", timeout_seconds=0.2)
    bash = tool("bash", bench)
    assert bash(command="echo '\ud800 x'").content.endswith(" x")
