"""Runs a task's own script (its solution, or a cheat) through the same tools as any agent."""

from __future__ import annotations

from typing import ClassVar

from harness import Session, UsageError

MARK = "#--"
_SILENT = "[no output]"


def blocks(script: str) -> list[str]:
    """The script's parts, cut at lines that begin with `#--`; each is one tool call."""
    parts: list[list[str]] = [[]]
    for line in script.splitlines():
        if line.startswith(MARK) and any(text.strip() for text in parts[-1]):
            parts.append([])
        parts[-1].append(line)
    return ["\n".join(part) for part in parts if any(text.strip() for text in part)]


class Agent:
    """Carries out the task's solution.sh (or a cheat), block by block, in the bash tool.

    What the last block prints as its last line is submitted.
    """

    name: ClassVar[str] = "oracle"
    wants_model: ClassVar[bool] = False
    wants_script: ClassVar[bool] = True

    def run(self, session: Session) -> None:
        """Run the script's blocks and submit."""
        if "bash" not in [tool.name for tool in session.tools]:
            raise UsageError("agent oracle", "the task has no bash tool", 'add "bash" to its tools')
        output = ""
        for block in blocks(session.script):
            result = session.call("bash", {"command": block})
            if result.exit_code == 0:
                output = "" if result.content == _SILENT else result.content
            else:
                session.note("this block of the script failed; going on")
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        session.submit(lines[-1] if lines else "")
