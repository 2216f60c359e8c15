"""A person at the terminal, with the same tools and limits as any agent."""

from __future__ import annotations

import contextlib
import sys
from typing import ClassVar

from harness import Session

_HELP = """\
Each line you type is one bash command; the shell keeps its state. Besides:
  :submit ANSWER   hand in your answer and end
  :task            show the task again
  :left            show what is left of your limits
  :quit            end without an answer
End a line with \\ to go on in the next one."""


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _ask() -> str | None:
    """One command, joined over continued lines; None at the end of input."""
    lines = []
    prompt = "agent> "
    while True:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            return "\n".join(lines) if lines else None
        line = line.rstrip("\n")
        if not line.endswith("\\"):
            return "\n".join([*lines, line])
        lines.append(line[:-1])
        prompt = "     > "


class Agent:
    """Takes commands from a person in the terminal."""

    name: ClassVar[str] = "human"
    wants_model: ClassVar[bool] = False
    wants_script: ClassVar[bool] = False

    def run(self, session: Session) -> None:
        """Read lines until the person submits or leaves."""
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - line editing where the platform has it
        _say(f"\n{session.instruction}\n\n{_HELP}\n")
        while (line := _ask()) is not None:
            word, _, rest = line.strip().partition(" ")
            if word == ":submit":
                session.submit(rest.strip())
            elif word == ":quit":
                return
            elif word == ":task":
                _say(session.instruction)
            elif word == ":left":
                left = session.remaining
                _say(f"steps {left.steps}, {left.wall_seconds:.0f} s")
            elif word.startswith(":"):
                _say(_HELP)
            elif word:
                _say(session.call("bash", {"command": line}).content)
