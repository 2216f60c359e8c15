"""What every sandbox must do with single commands and with files (see sandbox_conformance)."""

from __future__ import annotations

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.protocols import ExecResult, Sandbox
from harness.testing.sandbox_needs import HOME, needs, raised

_BEAT = "while :; do echo beat >> {file}; sleep 0.05; done"


def new_folder(sandbox: Sandbox) -> str:
    """A fresh folder in the agent's home, by its name there."""
    name = f"check-{secrets.token_hex(4)}"
    assert sandbox.exec(["mkdir", name]).exit_code == 0
    return name


def beat(file: str) -> str:
    """A shell command that writes to `file` for as long as it lives."""
    return _BEAT.format(file=file)


def require_heartbeat(sandbox: Sandbox, file: str, *, alive: bool) -> None:
    """Whether `file`, in the agent's home, still grows."""
    deadline = time.monotonic() + 5
    while alive and raised(lambda: sandbox.read(f"{HOME}/{file}")) and time.monotonic() < deadline:
        time.sleep(0.05)
    before = len(sandbox.read(f"{HOME}/{file}"))
    time.sleep(0.4)
    assert (len(sandbox.read(f"{HOME}/{file}")) > before) is alive


def _sh(sandbox: Sandbox, script: str, **options: object) -> ExecResult:
    return sandbox.exec(["sh", "-c", script], **options)  # type: ignore[arg-type]


def check_exit_code(sandbox: Sandbox, _: Path) -> None:
    """An exit code is a result, a signal's is 128 and its number."""
    assert sandbox.exec(["true"]).exit_code == 0
    assert _sh(sandbox, "exit 7").exit_code == 7
    assert _sh(sandbox, "kill -TERM $$").exit_code == 143


def check_streams_are_apart(sandbox: Sandbox, _: Path) -> None:
    """Standard output and standard error do not mix."""
    result = _sh(sandbox, "echo out; echo err >&2")
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")
    assert not result.timed_out
    assert result.truncated_bytes == 0
    assert 0 < result.seconds < 30


@needs("users")
def check_user(sandbox: Sandbox, _: Path) -> None:
    """A command runs as the agent unless another user is named, and an unknown one is told."""
    assert sandbox.exec(["id", "-un"]).stdout.decode().strip() == sandbox.agent_user
    assert sandbox.exec(["id", "-u"], user="root").stdout == b"0\n"
    unknown = sandbox.exec(["true"], user="nobody-such")
    assert unknown.exit_code not in {0, None}
    assert b"nobody-such" in unknown.stderr


def check_working_folder(sandbox: Sandbox, _: Path) -> None:
    """A command starts in the agent's home, or in the folder that is named."""
    folder = new_folder(sandbox)
    sandbox.write(f"{HOME}/{folder}/here", b"yes")
    assert sandbox.exec(["pwd"]).stdout.decode().strip().endswith(HOME)
    assert sandbox.exec(["cat", "here"], cwd=f"{HOME}/{folder}").stdout == b"yes"


def check_missing_working_folder(sandbox: Sandbox, _: Path) -> None:
    """A folder that is not there is a failure of the command, and says so."""
    result = sandbox.exec(["true"], cwd=f"{HOME}/no-such-folder")
    assert result.exit_code not in {0, None}
    assert b"no-such-folder" in result.stderr


def check_environment(sandbox: Sandbox, _: Path) -> None:
    """A command gets the variables that are given, and none of the harness's own."""
    name = f"OF_THE_HOST_{secrets.token_hex(4)}"
    os.environ[name] = "1"
    try:
        said = sandbox.exec(["env"], env={"GIVEN": "a b\n$c"}).stdout
    finally:
        del os.environ[name]
    assert b"GIVEN=a b\n$c\n" in said
    assert name.encode() not in said


def check_stdin(sandbox: Sandbox, _: Path) -> None:
    """300 kB of any bytes go in and come out, and then standard input ends."""
    data = bytes(range(256)) * 1200
    result = sandbox.exec(["cat"], stdin=data, timeout_seconds=30)
    assert result.exit_code == 0
    assert result.stdout == data


def check_stdin_nobody_reads(sandbox: Sandbox, _: Path) -> None:
    """A command that ends without reading its input is not waited for."""
    result = _sh(sandbox, "exit 4", stdin=b"x" * 1_000_000, timeout_seconds=20)
    assert result.exit_code == 4


def check_no_stdin(sandbox: Sandbox, _: Path) -> None:
    """Standard input that is not given is empty."""
    result = sandbox.exec(["cat"], timeout_seconds=10)
    assert (result.exit_code, result.stdout) == (0, b"")


def check_timeout(sandbox: Sandbox, _: Path) -> None:
    """At the timeout the command ends, and what it printed is kept."""
    result = _sh(sandbox, "echo begun; sleep 60; echo over", timeout_seconds=0.7)
    assert result.timed_out
    assert result.exit_code is None
    assert result.stdout == b"begun\n"
    assert result.seconds < 10


def check_timeout_takes_the_tree(sandbox: Sandbox, _: Path) -> None:
    """Grandchildren, and children in a session of their own, end with their command."""
    folder = new_folder(sandbox)
    script = (
        f"sh -c 'sh -c \"{beat(f'{folder}/grandchild')}\" & wait' & "
        f"setsid sh -c '{beat(f'{folder}/setsid')}' & sleep 60"
    )
    assert _sh(sandbox, script, timeout_seconds=1).timed_out
    for name in ("grandchild", "setsid"):
        assert sandbox.read(f"{HOME}/{folder}/{name}")
        require_heartbeat(sandbox, f"{folder}/{name}", alive=False)


def check_timeout_at_once(sandbox: Sandbox, _: Path) -> None:
    """A timeout before the command has begun ends the command, and nothing else."""
    folder = new_folder(sandbox)
    _sh(sandbox, f"setsid sh -c '{beat(f'{folder}/other')}' >/dev/null 2>&1 &")
    result = sandbox.exec(["sleep", "60"], timeout_seconds=0.001)
    assert result.timed_out
    assert sandbox.exec(["true"]).exit_code == 0
    require_heartbeat(sandbox, f"{folder}/other", alive=True)
    sandbox.exec(["rm", "-rf", folder])


def check_endless_output(sandbox: Sandbox, _: Path) -> None:
    """Output without end is held in little memory, and ends at the timeout."""
    result = sandbox.exec(["yes"], timeout_seconds=1, max_bytes=10_000)
    assert result.timed_out
    assert result.seconds < 6
    assert len(result.stdout) == 10_000
    assert result.truncated_bytes > 100_000


def check_bounded_output(sandbox: Sandbox, _: Path) -> None:
    """Of much output the head and the tail are kept, and what is missing is counted."""
    result = _sh(sandbox, "echo first; seq 20000; echo last", max_bytes=1000)
    assert result.exit_code == 0
    assert len(result.stdout) == 1000
    assert result.stdout.startswith(b"first\n1\n2\n")
    assert result.stdout.endswith(b"20000\nlast\n")
    whole = len("first\nlast\n") + sum(len(f"{number}\n") for number in range(1, 20001))
    assert result.truncated_bytes == whole - 1000


def check_binary_output(sandbox: Sandbox, _: Path) -> None:
    """Bytes that are no text come out as they are, from both streams."""
    result = _sh(sandbox, r"printf '\000\001\377\n\r\n'; printf '\200\376' >&2")
    assert result.stdout == b"\0\1\xff\n\r\n"
    assert result.stderr == b"\x80\xfe"


def check_missing_program(sandbox: Sandbox, _: Path) -> None:
    """A program that is not there is exit code 127, one that cannot be run 126."""
    folder = new_folder(sandbox)
    sandbox.write(f"{HOME}/{folder}/text", b"not a program", mode=0o644)
    assert sandbox.exec(["no-such-program"]).exit_code == 127
    assert b"no-such-program" in sandbox.exec(["no-such-program"]).stderr
    assert sandbox.exec([f"./{folder}/text"]).exit_code == 126


def check_arguments(sandbox: Sandbox, _: Path) -> None:
    """Arguments arrive as they are: no shell looks at them."""
    odd = ["a b", "it's", '"', "$HOME `id` $(id)", "two\nlines", "*", "", "\\", "-e", "žluť 猫"]
    result = sandbox.exec(["printf", r"%s\037", *odd])
    assert result.stdout.decode().split("\x1f")[:-1] == odd


def check_background_child(sandbox: Sandbox, _: Path) -> None:
    """A child that is left behind neither holds the command up nor is ended with it."""
    folder = new_folder(sandbox)
    result = _sh(sandbox, f"({beat(f'{folder}/left')}) & echo started", timeout_seconds=20)
    assert (result.exit_code, result.stdout) == (0, b"started\n")
    assert result.seconds < 10
    require_heartbeat(sandbox, f"{folder}/left", alive=True)
    sandbox.exec(["rm", "-rf", folder])


def check_closed_streams(sandbox: Sandbox, _: Path) -> None:
    """A command that closes its streams and works on is waited for."""
    result = _sh(sandbox, "exec >&- 2>&-; sleep 0.5; exit 4", timeout_seconds=20)
    assert result.exit_code == 4


def check_commands_at_once(sandbox: Sandbox, _: Path) -> None:
    """Commands that run at the same time get each their own output and exit code."""

    def one(number: int) -> tuple[int | None, bytes]:
        result = _sh(sandbox, f"echo {number}; exit {number}")
        return result.exit_code, result.stdout

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(one, range(12)))
    assert answers == [(number, f"{number}\n".encode()) for number in range(12)]


def check_write_and_read(sandbox: Sandbox, _: Path) -> None:
    """Any bytes go in and come out; a second write replaces the first."""
    path = f"{HOME}/{new_folder(sandbox)}/data"
    data = bytes(range(256)) * 2000
    sandbox.write(path, data)
    assert sandbox.read(path) == data
    sandbox.write(path, b"")
    assert sandbox.read(path) == b""


def check_write_makes_folders(sandbox: Sandbox, _: Path) -> None:
    """The folders above a file are made, and names may be odd."""
    folder = new_folder(sandbox)
    sandbox.write(f"{HOME}/{folder}/a/b c/ž 猫.txt", b"deep")
    assert sandbox.exec(["cat", f"{folder}/a/b c/ž 猫.txt"]).stdout == b"deep"


def check_write_mode(sandbox: Sandbox, _: Path) -> None:
    """A written file has the mode that is asked for, 0644 by default."""
    folder = new_folder(sandbox)
    sandbox.write(f"{HOME}/{folder}/script", b"#!/bin/sh\necho ran\n", mode=0o755)
    sandbox.write(f"{HOME}/{folder}/private", b"", mode=0o600)
    sandbox.write(f"{HOME}/{folder}/usual", b"")
    names = [f"{folder}/{name}" for name in ("script", "private", "usual")]
    assert sandbox.exec(["stat", "-c", "%a", *names]).stdout.split() == [b"755", b"600", b"644"]
    assert sandbox.exec([f"./{folder}/script"]).stdout == b"ran\n"


@needs("users")
def check_write_owner(sandbox: Sandbox, _: Path) -> None:
    """A written file is its owner's, with the folders made for it; root's by default."""
    folder = new_folder(sandbox)
    sandbox.write(f"{HOME}/{folder}/own/file", b"", owner=sandbox.agent_user)
    sandbox.write(f"{HOME}/{folder}/roots", b"")
    sandbox.write(f"{HOME}/{folder}/numbered", b"", owner="4321")
    names = [f"{folder}/{name}" for name in ("own", "own/file", "roots", "numbered")]
    said = sandbox.exec(["stat", "-c", "%U %u", *names]).stdout.decode().splitlines()
    agent = sandbox.agent_user
    assert [line.split()[0] for line in said[:3]] == [agent, agent, "root"]
    assert said[3].split()[1] == "4321"


def check_write_replaces_a_symlink(sandbox: Sandbox, _: Path) -> None:
    """A symlink where a file is written is replaced; what it points to stays."""
    folder = new_folder(sandbox)
    sandbox.write(f"{HOME}/{folder}/target", b"untouched")
    sandbox.exec(["ln", "-s", "target", f"{folder}/link"])
    sandbox.write(f"{HOME}/{folder}/link", b"new")
    assert sandbox.read(f"{HOME}/{folder}/target") == b"untouched"
    assert sandbox.read(f"{HOME}/{folder}/link") == b"new"


def check_read_refuses(sandbox: Sandbox, _: Path) -> None:
    """What is no regular file of bounded size is not read, and the error tells which it is."""
    folder = f"{HOME}/{new_folder(sandbox)}"
    sandbox.write(f"{folder}/file", b"12345")
    sandbox.exec(["ln", "-s", "file", "link"], cwd=folder)
    assert isinstance(raised(lambda: sandbox.read(f"{folder}/missing")), FileNotFoundError)
    assert isinstance(raised(lambda: sandbox.read(folder)), IsADirectoryError)
    assert isinstance(raised(lambda: sandbox.read(f"{folder}/link")), ValueError)
    assert isinstance(raised(lambda: sandbox.read(f"{folder}/file", max_bytes=4)), ValueError)
    assert sandbox.read(f"{folder}/file", max_bytes=5) == b"12345"


def check_other_service(sandbox: Sandbox, _: Path) -> None:
    """Commands and files reach the service that is named, and no other."""
    name = f"only-{secrets.token_hex(4)}"
    sandbox.write(f"/tmp/{name}", b"there", service="helper")  # noqa: S108 - of the sandbox
    assert sandbox.read(f"/tmp/{name}", service="helper") == b"there"  # noqa: S108
    assert isinstance(raised(lambda: sandbox.read(f"/tmp/{name}")), FileNotFoundError)  # noqa: S108
    assert sandbox.exec(["cat", name], service="helper", cwd="/tmp").stdout == b"there"  # noqa: S108
