"""submit: hand in the answer; the work ends."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from harness.errors import Submitted
from harness.protocols import ToolResult, Workbench


class SubmitArgs(BaseModel):
    """Arguments of submit."""

    model_config = ConfigDict(extra="forbid")

    answer: str = Field(default="", description="The answer, exactly as the task asks for it.")


class Submit:
    """Hand in the answer; the work ends with it."""

    name: ClassVar[str] = "submit"
    description: ClassVar[str] = (
        "Hand in your answer and end the task. Use it once, when you are done; where the task asks "
        "for no answer but for a state or a file, submit a short statement."
    )
    Args: ClassVar[type[BaseModel]] = SubmitArgs

    def close(self) -> None:
        """Nothing is held open."""

    def call(self, args: SubmitArgs, bench: Workbench) -> ToolResult:  # noqa: ARG002 - the seam
        """End the sample. Always raises Submitted."""
        raise Submitted(args.answer)
