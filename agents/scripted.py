"""Replays the actions of a file, without a model: `--agent scripted:<file>`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from harness import Session, UsageError, load_script


class Agent:
    """Calls the tools that a script lists (the format of scripted models), one after another."""

    name: ClassVar[str] = "scripted"
    wants_model: ClassVar[bool] = False
    wants_script: ClassVar[bool] = False

    def __init__(self, argument: str) -> None:
        """Read the script in file `argument`. Raises ContentError."""
        self._script = load_script(Path(argument))

    @staticmethod
    def check_argument(argument: str) -> None:
        """Raise UsageError without a file, ContentError for a faulty one."""
        if not argument:
            raise UsageError("agent 'scripted'", "it needs a file", "write scripted:<file>")
        load_script(Path(argument))

    def run(self, session: Session) -> None:
        """Call every listed tool. Returning without a submit call hands in nothing."""
        outputs: list[str] = []
        for number in range(len(self._script.turns)):
            message, _, _ = self._script.reply(number, outputs)
            outputs += [session.call(use.name, use.input).content for use in message.tool_uses]
