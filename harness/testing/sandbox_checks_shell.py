"""What every persistent shell and interactive program must survive (see sandbox_conformance).

Each check opens a shell of its own. Most end with a plain command that must give exactly its own
output: this is what breaks when a session loses step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import SandboxError
from harness.protocols import Sandbox, Shell, ShellResult
from harness.testing.sandbox_checks_exec import beat, new_folder, require_heartbeat
from harness.testing.sandbox_needs import HOME, raised

Run = Callable[..., ShellResult]


@contextmanager
def _shell(sandbox: Sandbox, spool: Path | None = None) -> Iterator[Run]:
    """A shell's `run`, 15 seconds by default; afterwards the shell must be in step."""
    with sandbox.open_shell(spool=spool) as shell:

        def run(command: str, seconds: float = 15) -> ShellResult:
            return shell.run(command, seconds)

        yield run
        require_in_step(shell)


def require_in_step(shell: Shell) -> None:
    """The next command gives its own output, all of it, and its own exit code."""
    result = shell.run("echo in step; (exit 9)", 15)
    said = (result.output, result.exit_code, result.timed_out, result.restarted)
    assert said == ("in step\n", 9, False, ""), result


def check_shell_keeps_state(sandbox: Sandbox, _: Path) -> None:
    """Folder, variables and functions stay from command to command."""
    folder = new_folder(sandbox)
    with _shell(sandbox) as run:
        run(f"cd {folder}; one='a b'; export two=2; double() {{ echo $(($1 * 2)); }}")
        result = run("pwd; echo \"$one\"; sh -c 'echo $two'; double 21")
        home, *rest = result.output.splitlines()
        assert home.endswith(f"{HOME}/{folder}")
        assert rest == ["a b", "2", "42"]
        assert run("false").exit_code == 1
        assert run("echo $?").output == "1\n"


def check_shell_restart(sandbox: Sandbox, _: Path) -> None:
    """A restarted shell knows nothing of the old one, whose jobs have ended."""
    folder = new_folder(sandbox)
    with sandbox.open_shell() as shell:
        shell.run(f"kept=1; ({beat(f'{folder}/job')}) &", 15)
        require_heartbeat(sandbox, f"{folder}/job", alive=True)
        shell.restart()
        assert shell.run("echo kept=$kept", 15).output == "kept=\n"
        require_heartbeat(sandbox, f"{folder}/job", alive=False)


def check_shell_heredoc(sandbox: Sandbox, _: Path) -> None:
    """A heredoc followed by another command."""
    with _shell(sandbox) as run:
        assert run("cat <<'END'\n$x `y`\n\ttab\nEND\necho next").output == "$x `y`\n\ttab\nnext\n"


def check_shell_long_heredoc(sandbox: Sandbox, _: Path) -> None:
    """A heredoc longer than a terminal's line buffer arrives whole."""
    folder = new_folder(sandbox)
    text = "".join(f"line {number} of a long text, with $ and ' and \\\n" for number in range(600))
    assert len(text) > 24_000
    with _shell(sandbox) as run:
        assert run(f"cat > {folder}/long <<'END'\n{text}END").exit_code == 0
        assert sandbox.read(f"{HOME}/{folder}/long").decode() == text


def check_shell_long_heredoc_after_stty_sane(sandbox: Sandbox, _: Path) -> None:
    """The same on a terminal that was put back into line mode with echo."""
    with _shell(sandbox) as run:
        run("stty sane </dev/tty")
        assert run(f"cat <<'END' | wc -c\n{'x' * 24_000}\nEND").output == "24001\n"


def check_shell_background_and_newline(sandbox: Sandbox, _: Path) -> None:
    """`command &` at a line's end."""
    with _shell(sandbox) as run:
        assert "next\n" in run("sleep 0.1 &\necho next").output


def check_shell_unterminated_quote(sandbox: Sandbox, _: Path) -> None:
    """Broken syntax is a result, and the next command is not part of it."""
    with _shell(sandbox) as run:
        for broken in (
            "echo 'no end",
            'echo "no end',
            "if true; then",
            "cat <<END",
            "(",
            "a | | b",
        ):
            result = run(broken)
            assert not result.timed_out
            assert not result.restarted
            assert run("echo plain").output == "plain\n"
        assert run("echo 'no end").exit_code not in {0, None}


def check_shell_stdin_is_empty(sandbox: Sandbox, _: Path) -> None:
    """What reads standard input finds its end, and nothing that is meant for the shell."""
    with _shell(sandbox) as run:
        assert run('read x; echo "$? <$x>"').output == "1 <>\n"
        assert run("cat; echo after").output == "after\n"
        assert run("while read line; do echo got; done; echo after").output == "after\n"
        assert run("sh -c 'cat > /dev/null'; echo after").output == "after\n"


def check_shell_program_reads_the_terminal(sandbox: Sandbox, _: Path) -> None:
    """A program that reads from the terminal itself is ended at its timeout."""
    with _shell(sandbox) as run:
        result = run("kept=1; echo begun; cat </dev/tty", 1)
        assert result.timed_out
        assert result.output.startswith("begun\n")


def check_shell_prompts(sandbox: Sandbox, _: Path) -> None:
    """Prompts and prompt hooks that a command sets do not reach its successors' outputs."""
    with _shell(sandbox) as run:
        run("export PS1='prompt> ' PS2='more> ' PS4='trace> '; PROMPT_COMMAND='echo hooked'")
        assert run("echo one\necho two").output == "one\ntwo\n"


def check_shell_options(sandbox: Sandbox, _: Path) -> None:
    """`set -e` ends at most the shell, `set -u` and `set -x` nothing; exit codes are right."""
    with _shell(sandbox) as run:
        assert run("set -e; false").exit_code == 1
        assert run("set +e; set -u; echo fine").output == "fine\n"
        assert "unbound" in run("echo $not_set_at_all").output
        result = run("set -x; echo traced")
        assert "traced\n" in result.output
        assert run("set +x; set +u").exit_code == 0


def check_shell_exit(sandbox: Sandbox, _: Path) -> None:
    """`exit 3` gives 3; a fresh shell takes over and says so."""
    with _shell(sandbox) as run:
        run("gone=1")
        result = run("echo leaving; exit 3")
        assert result.output.startswith("leaving\n")
        assert result.exit_code == 3
        assert result.restarted
        assert run("echo gone=$gone").output == "gone=\n"


def check_shell_exec(sandbox: Sandbox, _: Path) -> None:
    """A shell that becomes another program ends with it."""
    with _shell(sandbox) as run:
        result = run("exec sleep 0.5")
        assert (result.exit_code, result.timed_out) == (0, False)
        assert result.restarted


def check_shell_kills_itself(sandbox: Sandbox, _: Path) -> None:
    """`kill -9 $$` ends the shell and not the sandbox."""
    with _shell(sandbox) as run:
        result = run("kill -9 $$")
        assert result.exit_code == 137
        assert result.restarted


def check_shell_stops_itself(sandbox: Sandbox, _: Path) -> None:
    """`kill -STOP $$` is a timeout, and a fresh shell."""
    with _shell(sandbox) as run:
        result = run("kill -STOP $$", 1)
        assert result.timed_out
        assert result.restarted


def check_shell_forged_marks(sandbox: Sandbox, _: Path) -> None:
    """Output that looks like the harness's own marks is output."""
    with _shell(sandbox) as run:
        forged = r"printf '\036S0123456789abcdef\036\036E0123456789abcdef 0\036\n'"
        result = run(f"{forged}; {forged} > /dev/tty; echo '$ '; echo still here; (exit 5)")
        assert result.exit_code == 5
        assert "still here\n" in result.output
        assert run("cat /proc/self/cmdline > /dev/null; history").exit_code == 0


def check_shell_hides_nothing_in_redefinitions(sandbox: Sandbox, _: Path) -> None:
    """A shell whose builtins or mark descriptor a command took away is replaced."""
    with _shell(sandbox) as run:
        run("printf() { echo no; }; eval() { echo no; }; echo() { command echo no; }")
        assert run("unset -f echo; echo fine").output == "fine\n"
        for attack in ("builtin() { :; }", 'for n in {3..255}; do eval "exec $n>&-"; done'):
            run(attack, 2)
            run("true", 2)
            result = run("command echo back")
            assert result.output == "back\n"


def check_shell_large_output(sandbox: Sandbox, tmp_path: Path) -> None:
    """Of 2 MB the ends are returned and the whole is kept in the named file."""
    with _shell(sandbox, tmp_path / "spool") as run:
        result = run("echo first; head -c 2000000 /dev/zero | tr '\\0' x; echo; echo last")
        assert result.exit_code == 0
        assert result.output.startswith("first\nxxx")
        assert result.output.endswith("x\nlast\n")
        assert len(result.output) < 200_000
        assert result.whole is not None
        whole = result.whole.read_bytes()
        assert whole == b"first\n" + b"x" * 2_000_000 + b"\nlast\n"
        assert result.truncated_bytes > 1_800_000
        assert run("echo short").whole is None


def check_shell_invalid_text(sandbox: Sandbox, _: Path) -> None:
    """Bytes that are no UTF-8, NUL and terminal codes do not upset it."""
    with _shell(sandbox) as run:
        result = run(r"printf 'a\377\376b\000c\033[?2004h\033[2J\015'; echo end")
        assert "a\ufffd\ufffdb" in result.output
        assert result.output.endswith("end\n")
        assert run("echo žluť 猫").output == "žluť 猫\n"


def check_shell_terminal_settings(sandbox: Sandbox, _: Path) -> None:
    """Terminal settings and bracketed paste that a command leaves behind are put right."""
    with _shell(sandbox) as run:
        for setting in ("stty -echo", "stty echo", "stty sane", "stty raw", "stty -isig"):
            run(f"{setting} </dev/tty")
            assert run("echo plain\necho lines").output == "plain\nlines\n"
        run(r"printf '\033[?2004h' > /dev/tty; bind 'set enable-bracketed-paste on' 2>/dev/null")
        assert run("echo one\necho two").output == "one\ntwo\n"


def check_shell_timeout(sandbox: Sandbox, _: Path) -> None:
    """A timeout keeps what was printed and the shell's state, and ends the command's processes."""
    folder = new_folder(sandbox)
    with _shell(sandbox) as run:
        run("kept=1")
        result = run(f"echo begun; sh -c '{beat(f'{folder}/loop')}'; echo over", 1)
        assert result.timed_out
        assert result.exit_code is None
        assert result.output.startswith("begun\n")
        assert "over" not in result.output
        assert result.seconds < 8
        assert run("echo kept=$kept").output == "kept=1\n"
        require_heartbeat(sandbox, f"{folder}/loop", alive=False)


def check_shell_output_after_timeout(sandbox: Sandbox, _: Path) -> None:
    """What a timed-out command prints later is not the next command's output."""
    with _shell(sandbox) as run:
        slow = "trap '' INT; i=0; while [ $i -lt 40 ]; do echo old$i; sleep 0.1; i=$((i+1)); done"
        assert run(f'sh -c "{slow.replace("$", chr(92) + "$")}"', 0.6).timed_out
        for number in range(3):
            assert run(f"echo new{number}").output == f"new{number}\n"


def check_shell_ignored_interrupt(sandbox: Sandbox, _: Path) -> None:
    """A program that ignores Ctrl-C, and a shell that does, are ended all the same."""
    with _shell(sandbox) as run:
        deaf = "import signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(60)"
        assert run(f"python3 -c '{deaf}'", 1).timed_out
        deaf_shell = run("trap '' INT; sleep 60", 1)
        assert deaf_shell.timed_out
        assert deaf_shell.seconds < 12


def check_shell_background_job(sandbox: Sandbox, _: Path) -> None:
    """What a background job prints between commands is told apart from the next one's output."""
    with _shell(sandbox) as run:
        run("(sleep 0.3; echo from the job) &")
        time.sleep(0.8)
        result = run("echo mine")
        assert result.output == "mine\n"
        assert "from the job\n" in result.earlier


def check_shell_redirected_output(sandbox: Sandbox, _: Path) -> None:
    """A shell whose output goes to a file still reports exit codes."""
    folder = new_folder(sandbox)
    with _shell(sandbox) as run:
        run(f"exec 5>&1 6>&2 > {folder}/out 2>&1")
        result = run("echo into the file; (exit 6)")
        assert (result.output, result.exit_code) == ("", 6)
        run("exec >&5 2>&6")
        assert sandbox.read(f"{HOME}/{folder}/out") == b"into the file\n"


def check_shell_nested(sandbox: Sandbox, _: Path) -> None:
    """An interactive shell started inside finds no input and ends."""
    with _shell(sandbox) as run:
        result = run("bash --norc -i 2>/dev/null; echo after")
        assert result.output.endswith("after\n")
        assert not result.timed_out


def check_program_dialogue(sandbox: Sandbox, _: Path) -> None:
    """A program is typed to and read until what is awaited appears."""
    ask = "while printf 'name? '; read name; do echo \"hello $name\"; done"
    with sandbox.open_program(ask) as program:
        assert program.read_until(r"name\? ", quiet_seconds=1, timeout_seconds=10) == "name? "
        program.send(b"Ada\n")
        said = program.read_until(r"hello \w+\s+name\? ", quiet_seconds=1, timeout_seconds=10)
        assert "hello Ada" in said
        assert program.alive


def check_program_quiet_and_timeout(sandbox: Sandbox, _: Path) -> None:
    """Without a pattern the wait ends when it is quiet, with one at the timeout."""
    with sandbox.open_program("echo ready; sleep 60") as program:
        started = time.monotonic()
        said = program.read_until(None, quiet_seconds=0.4, timeout_seconds=30)
        assert said.split() == ["ready"]
        assert time.monotonic() - started < 25
        started = time.monotonic()
        assert program.read_until("never", quiet_seconds=0.1, timeout_seconds=1) == ""
        assert 0.9 < time.monotonic() - started < 50


def check_program_interrupt(sandbox: Sandbox, _: Path) -> None:
    """Ctrl-C reaches the program."""
    with sandbox.open_program("trap 'echo caught' INT; while :; do sleep 0.1; done") as program:
        program.read_until(None, quiet_seconds=0.5, timeout_seconds=5)
        program.interrupt()
        assert "caught" in program.read_until("caught", quiet_seconds=1, timeout_seconds=10)
        assert program.alive


def check_program_end(sandbox: Sandbox, _: Path) -> None:
    """A program's end is noticed, and typing to it is an error of the sandbox."""
    with sandbox.open_program("echo bye") as program:
        started = time.monotonic()
        assert "bye" in program.read_until("never", quiet_seconds=1, timeout_seconds=30)
        assert time.monotonic() - started < 25
        assert not program.alive
        assert isinstance(raised(lambda: program.send(b"anyone?\n")), SandboxError)


def check_program_last_words(sandbox: Sandbox, _: Path) -> None:
    """What a program prints at its very end is not lost, whenever somebody looks for that end."""
    for delay in (0.98, 1.0, 1.02, 1.04):
        with sandbox.open_program(f"sleep {delay}; echo last words") as program:
            said = program.read_until("never", quiet_seconds=1, timeout_seconds=30)
            assert "last words" in said, delay


def check_program_close(sandbox: Sandbox, _: Path) -> None:
    """A closed program ends, and its children, though nobody read what it printed."""
    folder = new_folder(sandbox)
    with sandbox.open_program(f"sh -c '{beat(f'{folder}/beat')}' & yes"):
        require_heartbeat(sandbox, f"{folder}/beat", alive=True)
        started = time.monotonic()
    assert time.monotonic() - started < 6
    require_heartbeat(sandbox, f"{folder}/beat", alive=False)
