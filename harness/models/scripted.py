r"""A model that answers from a file, so that the real agent loop runs without a provider.

The file (TOML or JSON) holds turns. The turn to give is the one whose number is the count of
assistant messages in the conversation, so one object serves many samples at once and keeps no
state. Past the last turn it says that the script has ended.

    schema = 1
    [[turns]]
    text = "I look around."
    calls = [{ name = "bash", input = { command = "cat /srv/flag.txt" } }]
    [[turns]]
    calls = [{ name = "submit", input = { answer = '{{match:(flag\{[0-9a-f]+\})}}' } }]
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError, field_validator

from harness.errors import ContentError
from harness.messages import (
    Message,
    Reply,
    Settings,
    StopReason,
    Text,
    TokenUsage,
    ToolAnswer,
    ToolSpec,
    ToolUse,
)
from harness.schema.types import Closed

if TYPE_CHECKING:
    from pathlib import Path

    from harness.messages import Block

ENDED = "(the script has ended)"
NO_MATCH = "(no match)"

_FORM = "docs/models.md shows the form of a script"
# The last two braces of a run close the slot, so that a pattern may end in a brace.
_SLOT = re.compile(r"\{\{(?:(last_output)|match:(.+?))\}\}(?!\})", re.DOTALL)


class Call(Closed):
    """One tool call of a turn. Strings anywhere in `input` may hold slots."""

    name: str = Field(min_length=1)
    input: Mapping[str, Any] = Field(default_factory=dict)


class Turn(Closed):
    """One reply. With neither text nor calls it is an empty reply."""

    text: str = ""
    calls: Sequence[Call] = ()
    stop_reason: StopReason | None = None
    usage: TokenUsage = TokenUsage()

    @field_validator("text", "calls")
    @classmethod
    def _slots(cls, value: Any) -> Any:
        for string in _strings(value):
            for slot in _SLOT.finditer(string):
                _compile(slot)
        return value


class Script(Closed):
    """The whole file."""

    schema_: Literal[1] = Field(alias="schema")
    turns: Sequence[Turn]
    context_tokens: int = Field(default=200_000, gt=0)

    def reply(self, number: int, outputs: Sequence[str]) -> tuple[Message, StopReason, TokenUsage]:
        """The reply with that number, from 0. `outputs` are all tool outputs so far, in order."""
        if number >= len(self.turns):
            ended = Message(role="assistant", content=[Text(text=ENDED)])
            return ended, "end_turn", TokenUsage()
        turn = self.turns[number]
        content: list[Block] = [Text(text=_fill(turn.text, outputs))] if turn.text else []
        content += [
            ToolUse(id=f"call_{number}_{i}", name=call.name, input=_fill(dict(call.input), outputs))
            for i, call in enumerate(turn.calls)
        ]
        stop_reason: StopReason = turn.stop_reason or ("tool_use" if turn.calls else "end_turn")
        return Message(role="assistant", content=content), stop_reason, turn.usage


class ScriptedModel:
    """Answers from a script; costs nothing."""

    def __init__(self, name: str, script: Script) -> None:
        """Take the model's full name, `scripted/<file>`, and the script to play."""
        self.name = name
        self.context_tokens = script.context_tokens
        self._script = script

    def generate(
        self,
        messages: Sequence[Message],
        *,
        system: str = "",  # noqa: ARG002 - a script does not listen
        tools: Sequence[ToolSpec] = (),  # noqa: ARG002
        settings: Settings | None = None,  # noqa: ARG002
    ) -> Reply:
        """The turn that follows the assistant messages in `messages`. Raises nothing."""
        number = sum(message.role == "assistant" for message in messages)
        blocks = [block for message in messages for block in message.content]
        outputs = [block.content for block in blocks if isinstance(block, ToolAnswer)]
        message, stop_reason, usage = self._script.reply(number, outputs)
        return Reply(
            message=message, stop_reason=stop_reason, usage=usage, usd=0.0, model=self.name
        )

    def close(self) -> None:
        """Nothing: a script holds nothing."""


def load_script(path: Path) -> Script:
    """Read a script. Raises ContentError that names the file and the field."""
    try:
        raw = path.read_text(encoding="utf-8")
        content = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw)
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise ContentError(str(path), what, "name a script that exists") from error
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        form = "JSON" if path.suffix == ".json" else "TOML"
        raise ContentError(str(path), f"is not {form}: {error}", _FORM) from error
    try:
        return Script.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(the whole file)"
        raise ContentError(f"{path}: {field}", first["msg"], _FORM) from error


def _fill(value: Any, outputs: Sequence[str]) -> Any:
    match value:
        case str():
            return _SLOT.sub(lambda slot: _found(slot, outputs), value)
        case Mapping():
            return {key: _fill(item, outputs) for key, item in value.items()}
        case list() | tuple():
            return [_fill(item, outputs) for item in value]
        case _:
            return value


def _found(slot: re.Match[str], outputs: Sequence[str]) -> str:
    if slot[1]:
        return outputs[-1] if outputs else NO_MATCH
    found = None
    for found in _compile(slot).finditer("\n".join(outputs)):  # noqa: B007 - the last one counts
        pass
    if found is None:
        return NO_MATCH
    return str(found[1] if found.re.groups else found[0])


def _compile(slot: re.Match[str]) -> re.Pattern[str]:
    if slot[1]:
        return re.compile("")
    try:
        return re.compile(slot[2], re.MULTILINE)
    except re.error as error:
        msg = f"not a regular expression: {slot[2]!r} ({error})"
        raise ValueError(msg) from error


def _strings(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case Call():
            return _strings(value.input)
        case Mapping():
            return [string for item in value.values() for string in _strings(item)]
        case list() | tuple():
            return [string for item in value for string in _strings(item)]
        case _:
            return []
