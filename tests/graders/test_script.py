"""A task's grade.py sees its evidence and nothing else, and its troubles are told, not scored."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import GraderError
from harness.evidence import FileEntry
from harness.graders import grade
from harness.results import Grade

HEAD = "from harness import Evidence, Grade\n\ndef grade(evidence: Evidence) -> Grade:\n"
GOOD = "    return Grade(value=0.25, passed=False, reason='as far as it goes')\n"


@pytest.fixture
def run(evidence: Any, tmp_path: Path) -> Any:
    """Grade with a script's body."""

    def run_script(body: str, *, timeout: str = "20s", head: str = HEAD, **fields: Any) -> Grade:
        (tmp_path / "grade.py").write_text(head + body)
        made = evidence({"type": "script", "timeout": timeout}, **fields)
        return grade(made, tmp_path)

    return run_script


@pytest.fixture
def trouble(run: Any, tmp_path: Path) -> Any:
    """The error that a script's body leads to."""

    def error_of(body: str, **fields: Any) -> GraderError:
        with pytest.raises(GraderError) as caught:
            run(body, **fields)
        assert caught.value.where == f"grader {tmp_path / 'grade.py'}"
        return caught.value

    return error_of


def test_a_good_script_grades_what_was_collected(run: Any) -> None:
    body = (
        "    text = evidence.text('/r.txt')\n"
        "    right = evidence.secrets['flag'] in text and evidence.submission == 'done'\n"
        "    return Grade(value=float(right), passed=right, reason=text, milestones={'m': 0.5})\n"
    )
    text = "flag{0123456789abcdef} Ünïcode"
    entry = FileEntry("/r.txt", "file", 0o644, 0, 9, text.encode())
    found = run(body, files={"/r.txt": entry}, submission="done")
    expected = Grade(value=1.0, passed=True, reason=text, milestones={"m": 0.5})
    assert found == expected


def test_a_script_may_use_files_beside_it_and_leaves_none(run: Any, tmp_path: Path) -> None:
    (tmp_path / "tables.py").write_text("ANSWER = 0.75\n")
    body = (
        "    from tables import ANSWER\n    return Grade(value=ANSWER, passed=False, reason='')\n"
    )
    assert run(body).value == 0.75
    assert not (tmp_path / "__pycache__").exists()


def test_a_crash_is_told_with_its_traceback(trouble: Any) -> None:
    error = trouble("    print('looking')\n    return {}['missing']\n")
    assert error.what == "it crashed (KeyError: 'missing')"
    assert "grade.py" in error.detail
    assert "return {}['missing']" in error.detail
    assert "looking" in error.detail


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("    return None\n", "it crashed (TypeError: grade() gave NoneType, not harness.Grade)"),
        ("    return 1.0\n", "it crashed (TypeError: grade() gave float, not harness.Grade)"),
        ("    return Grade(value=1.5, passed=True, reason='')\n", "it crashed (Grade.value: Input should be less than or equal to 1)"),
        ("    return Grade(value=-0.1, passed=True, reason='')\n", "it crashed (Grade.value: Input should be greater than or equal to 0)"),
        ("    return Grade(value=float('nan'), passed=True, reason='')\n", "it crashed (Grade.value: "),
        ("    return Grade(value=1, passed=True)\n", "it crashed (Grade.reason: Field required)"),
        ("    import sys; sys.exit(0)\n", "it crashed (SystemExit: 0)"),
        ("    raise KeyboardInterrupt\n", "it crashed (KeyboardInterrupt)"),
        ("    import os; os._exit(0)\n", "it ended its process without an answer"),
        ("    import os; os._exit(7)\n", "it crashed (exit code 7)"),
        ("    import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n", "it crashed (exit code -11)"),
        ("    return Grade.model_construct(value='x', passed=True, reason='')\n", "value: Input should be a valid number"),
        ("    return Grade.model_construct(value=2, passed=True, reason='')\n", "value: Input should be less than or equal to 1"),
        ("    bytearray(5 * 1024**3)\n", "it crashed (MemoryError)"),
    ],
)  # fmt: skip
def test_nonsense_is_an_error_and_never_a_score(trouble: Any, body: str, what: str) -> None:
    assert trouble(body).what.startswith(what)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def grade(evidence:\n", "SyntaxError"),
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1\n", "AttributeError: module 'grade' has no attribute 'grade'"),
    ],
)
def test_a_file_that_is_no_grader_is_told_so(trouble: Any, text: str, what: str) -> None:
    assert what in trouble("", head=text).what


def test_a_script_that_hangs_is_ended_at_its_timeout(trouble: Any) -> None:
    error = trouble("    while True: pass\n", timeout="1s")
    assert error.what == "it did not end within 1 s"


@pytest.mark.parametrize(
    "body",
    [
        '    print(\'{"value": 1, "passed": true, "reason": ""}\')\n',
        "    import sys; sys.stderr.write('x' * 3_000_000 + '\\n')\n",
        "    import os; os.write(1, b'\\xff\\x00garbage' * 300_000)\n",
    ],
    ids=["an answer on stdout", "a lot", "garbage"],
)
def test_what_a_script_prints_changes_nothing(run: Any, body: str) -> None:
    assert run(body + GOOD).value == 0.25


def test_a_long_reason_comes_back_whole(run: Any) -> None:
    assert len(run("    return Grade(value=0, passed=False, reason='x' * 500_000)\n").reason) == 500_000  # fmt: skip


@pytest.mark.parametrize(
    ("attempt", "event"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 80))", "socket."),
        ("import socket; socket.getaddrinfo('example.org', 80)", "socket.getaddrinfo"),
        ("import urllib.request as u; u.urlopen('http://127.0.0.1/')", "socket."),
        ("import subprocess; subprocess.run(['id'])", "subprocess.Popen"),
        ("import os; os.system('id')", "os.system"),
        ("import os; os.fork()", "os.fork"),
        ("import os; os.execv('/bin/sh', ['sh'])", "os.exec"),
        ("import os; os.posix_spawn('/bin/sh', ['sh'], {})", "os.posix_spawn"),
        ("import ctypes; ctypes.CDLL('libc.so.6')", "ctypes.dlopen"),
        (
            "import multiprocessing as m; m.get_context('spawn').Process(target=print).start()",
            "os.spawn",
        ),
    ],
)
def test_a_script_that_reaches_out_is_refused(trouble: Any, attempt: str, event: str) -> None:
    what = trouble(f"    {attempt}\n{GOOD}").what
    assert "a grader may not do this" in what
    assert event in what


def test_a_script_cannot_speak_to_a_unix_socket_such_as_dockers(
    trouble: Any, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "d.sock"))
        server.listen()
        server.settimeout(0)
        body = f"    import socket\n    socket.socket(socket.AF_UNIX).connect({str(tmp_path / 'd.sock')!r})\n"  # fmt: skip
        assert "PermissionError" in trouble(body + GOOD).what
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_script_sees_nothing_of_the_harness_environment(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/docker.sock")
    body = "    import os\n    return Grade(value=0, passed=False, reason=' '.join(os.environ))\n"
    assert set(run(body).reason.split()) <= {"PATH", "LANG", "HOME", "LC_CTYPE"}


def test_a_script_cannot_be_led_astray_by_the_callers_python_settings(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('shadowed')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert run(GOOD).value == 0.25
    assert sys.modules["json"].__file__ != str(tmp_path / "json.py")
