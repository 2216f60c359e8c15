"""Does nothing: the floor that every task must give it."""

from __future__ import annotations

from typing import ClassVar

from harness import Session


class Agent:
    """Submits an empty answer at once."""

    name: ClassVar[str] = "idle"
    wants_model: ClassVar[bool] = False
    wants_script: ClassVar[bool] = False

    def run(self, session: Session) -> None:
        """Submit nothing."""
        session.submit("")
