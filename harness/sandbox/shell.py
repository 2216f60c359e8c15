"""A persistent bash session: the state of one command is there for the next.

Each command is one line typed into an interactive bash whose terminal neither echoes nor edits:

    print START <nonce>; eval $'<the command, escaped to one line>' </dev/null; print END <nonce> $?

So heredocs, several lines and unterminated quotes reach bash whole, and a syntax error is a
result. The marks are printed on a descriptor of their own (a command may redirect the shell's
output) and begin with a byte that escaping never produces; the nonce is new for each command, so
that late output of one is never taken for another's. After Ctrl-C bash drops the rest of the
line, and a fresh END is asked for.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from harness.errors import SandboxError, SandboxStartError
from harness.protocols import ShellResult
from harness.sandbox.bounded import Bounded
from harness.sandbox.commands import Commands
from harness.sandbox.terminal import START_SECONDS, Terminal, TerminalEnded

_BASH = ("/bin/bash", "--noprofile", "--norc", "--noediting", "-i")
_MARK = b"\x1e"
_STRAY = re.compile("\x1eE[0-9a-f]{16} \\d+\x1e\r?\n")
_FD = 63
_QUIETEN = "command stty -icanon -echo -opost -ixon isig min 1 </dev/tty 2>/dev/null"
_INIT = f"exec {_FD}>&1; set +o history; unset HISTFILE PROMPT_COMMAND; PS1= PS2=; {_QUIETEN}"
_GRACE_SECONDS = 1.5
_FORGED = 255
_LONG_LINE = 3000
# A little less than the bash tool shows: whatever the model does not see whole is in a file.
_MAX_BYTES = 19_500

# Prints the terminal's foreground group when it is not the shell itself.
_FOREGROUND = (
    'read -r line < "/proc/$1/stat" || exit 0; set -- ${line##*) }; [ "$3" = "$6" ] || echo "$6"'
)


class _Interrupted(Exception):  # noqa: N818 - a timeout is a result
    """The command's time is over."""


def escape(command: str) -> str:
    """`command` as one line of printable ASCII for bash's $'...'. NUL bytes are dropped."""
    out = []
    for byte in command.encode("utf-8", "surrogatepass"):
        if byte in b"\\'":
            out.append("\\" + chr(byte))
        elif 32 <= byte < 127:  # noqa: PLR2004 - printable ASCII
            out.append(chr(byte))
        elif byte:
            out.append(f"\\{byte:03o}")
    return "".join(out)


class BashShell:
    """A persistent bash in a machine (see harness.protocols.Shell)."""

    def __init__(self, processes: Commands, user: str, spool: Path | None) -> None:
        """Open it. Raises SandboxError when the image has no bash."""
        self._processes = processes
        self._user = user
        self._spool = spool
        self._numbers: Iterator[int] = itertools.count(1)
        self._buffer = b""
        self._terminal = self._open()

    def _open(self) -> Terminal:
        terminal = Terminal(self._processes, _BASH, self._user)
        self._buffer = b""
        self._last_code = 0
        self._unsettled = False
        self._terminal = terminal
        nonce = secrets.token_hex(8)
        terminal.type(f"{_INIT}; {_print_end(nonce)}\n".encode())
        try:
            self._wait_end(nonce, time.monotonic() + START_SECONDS, Bounded(4096))
        except (TerminalEnded, _Interrupted) as error:
            terminal.close()
            raise SandboxStartError(
                self._processes.where, "bash did not start in it", "the image needs /bin/bash"
            ) from error
        return terminal

    def restart(self) -> None:
        """End the shell with its processes and open a fresh one."""
        self._terminal.close()
        self._open()

    def close(self) -> None:
        """Drop the connection; the container's end takes the processes."""
        self._terminal.disconnect()

    def run(self, command: str, timeout_seconds: float) -> ShellResult:
        """Run a command in the session (see harness.protocols.Shell)."""
        started = time.monotonic()
        nonce = secrets.token_hex(8)
        earlier, output = Bounded(8192), self._output()
        code: int | None = None
        timed_out, restarted = False, ""
        with output:
            try:
                self._type(nonce, command)
                self._wait_start(nonce, started + timeout_seconds, earlier)
                code = self._last_code = self._wait_end(nonce, started + timeout_seconds, output)
            except _Interrupted:
                timed_out = True
                restarted = self._recover(output)
            except TerminalEnded:
                code = self._terminal.exit_code()
                restarted = f"the shell ended with exit code {code}"
                self._terminal.disconnect()
                self._open()
        return ShellResult(
            exit_code=code,
            output=_joined(output),
            seconds=time.monotonic() - started,
            timed_out=timed_out,
            truncated_bytes=output.dropped,
            whole=output.whole,
            earlier=earlier.value().decode("utf-8", "replace"),
            restarted=restarted,
        )

    def _output(self) -> Bounded:
        path = self._spool / f"{next(self._numbers):04d}.txt" if self._spool else None
        return Bounded(_MAX_BYTES, path)

    def _recall(self) -> str:
        """Bash that makes `$?` what the last command left, unless that would end the shell.

        Without a fork, which a fork bomb would hold up, and without leaving its function behind.
        """
        if not self._last_code:
            return ""
        function = f"_recall() {{ builtin unset -f _recall; return {self._last_code}; }}"
        return f"case $- in *e*) ;; *) {function}; _recall;; esac; "

    def _type(self, nonce: str, command: str) -> None:
        # After some syntax errors bash knows no `{` until a line has ended: hence the first \n.
        quieten = f"{_QUIETEN}; " if self._unsettled else ""
        self._unsettled = False
        line = (
            f"\n {{ {quieten}builtin printf '\\036S{nonce}\\036' >&{_FD}; {self._recall()}}} 2>/dev/null; "
            f"builtin eval $'{escape(command)}' </dev/null; {_print_end(nonce)}\n"
        )
        if len(line) > _LONG_LINE:
            # A terminal that a program left in line mode would cut a long line.
            self._terminal.type(f" {_QUIETEN}\n".encode())
            self._synced(Bounded(4096))
        self._terminal.type(line.encode())

    def _wait_start(self, nonce: str, deadline: float, earlier: Bounded) -> None:
        self._take_until(_MARK + f"S{nonce}".encode() + _MARK, deadline, earlier)
        if b"builtin eval $" in earlier.value():
            # A program had left the terminal echoing what is typed.
            earlier.clear()
            self._unsettled = True

    def _wait_end(self, nonce: str, deadline: float, output: Bounded) -> int:
        """The exit code after the END of `nonce`; what came before goes to `output`."""
        self._take_until(_MARK + f"E{nonce} ".encode(), deadline, output)
        number = Bounded(32)
        self._take_until(b"\n", deadline, number)
        code, _, rest = number.value().partition(_MARK)
        # A carriage return here: a program had left the terminal translating line ends.
        self._unsettled = self._unsettled or bool(rest)
        # A trap can read the mark that is about to be printed, and print it with anything.
        return int(code) if code.isdigit() else _FORGED

    def _take_until(self, mark: bytes, deadline: float, into: Bounded) -> None:
        """Feed `into` what is printed up to `mark`; the mark itself is dropped."""
        while True:
            before, found, rest = self._buffer.partition(mark)
            if found:
                into.feed(before)
                self._buffer = rest
                return
            keep = min(len(self._buffer), len(mark) - 1)
            into.feed(self._buffer[: len(self._buffer) - keep])
            self._buffer = self._buffer[len(self._buffer) - keep :]
            left = deadline - time.monotonic()
            if left <= 0:
                into.feed(self._buffer)
                self._buffer = b""
                raise _Interrupted
            try:
                self._buffer += self._terminal.read_or_notice_end(left)
            except TerminalEnded:
                into.feed(self._buffer)
                self._buffer = b""
                raise

    def _recover(self, output: Bounded) -> str:
        """Get the prompt back after a timeout: Ctrl-C, then kill, then a fresh shell.

        Returns why the shell was replaced, empty when it was not.
        """
        try:
            self._terminal.interrupt()
            if self._synced(output):
                return ""
            if group := self._foreground():
                self._processes.kill(group, user=self._user)
                if self._synced(output):
                    return ""
            self._terminal.close()
        except TerminalEnded:
            self._terminal.disconnect()
        self._open()
        return "the shell did not come back after the timeout"

    def _synced(self, output: Bounded) -> bool:
        nonce = secrets.token_hex(8)
        self._terminal.type(f" {_print_end(nonce)}\n".encode())
        try:
            self._wait_end(nonce, time.monotonic() + _GRACE_SECONDS, output)
        except _Interrupted:
            return False
        return True

    def _foreground(self) -> int | None:
        """The group that has the terminal, when it is not the shell's own."""
        try:
            answer = self._processes.run(
                ["/bin/sh", "-c", _FOREGROUND, "sh", str(self._terminal.pid)], timeout_seconds=5
            )
        except SandboxError:
            return None
        return int(answer.stdout) if answer.stdout.strip().isdigit() else None


def _print_end(nonce: str) -> str:
    """Bash that reports the last exit code, untraced, and keeps prompts out of the stream."""
    report = f"builtin printf '\\036E{nonce} %d\\036\\n' \"$?\" >&{_FD}"
    return f"{{ {report}; PS1= PS2= PROMPT_COMMAND=; }} 2>/dev/null"


def _joined(output: Bounded) -> str:
    """Head and tail as text, with a line that tells what is missing between them."""
    head, tail = (_STRAY.sub("", part.decode("utf-8", "replace")) for part in output.parts())
    if not output.dropped:
        return head + tail
    return f"{head}\n[... {output.dropped} bytes cut here ...]\n{tail}"
