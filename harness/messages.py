"""What is said between an agent and a model: messages made of blocks.

The shapes follow the Messages API, so that thinking blocks and their signatures go back to the
model exactly as they came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

StopReason = Literal["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal", "pause_turn"]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _with_storable_keys(value: Any) -> Any:
    """Keys that hold half a character (a lone surrogate), by its escape: no log could keep them."""
    match value:
        case Mapping():
            return {_storable(key): _with_storable_keys(item) for key, item in value.items()}
        case list() | tuple():
            return [_with_storable_keys(item) for item in value]
        case _:
            return value


def _storable(key: Any) -> str:
    return str(key).encode("utf-8", "backslashreplace").decode("utf-8")


class Text(_Block):
    """Plain text, from either side."""

    type: Literal["text"] = "text"
    text: str


class Thinking(_Block):
    """The model's reasoning; `signature` must go back unchanged."""

    type: Literal["thinking"] = "thinking"
    thinking: str
    signature: str


class RedactedThinking(_Block):
    """Reasoning that only the provider can read; goes back unchanged."""

    type: Literal["redacted_thinking"] = "redacted_thinking"
    data: str


class ToolUse(_Block):
    """The model asks for one tool call. `input` is whatever it sent: validated by the tool."""

    type: Literal["tool_use"] = "tool_use"
    id: str
    name: str
    input: Annotated[Mapping[str, Any], AfterValidator(_with_storable_keys)]


class ToolAnswer(_Block):
    """What one tool call gave back, by the id of its request."""

    type: Literal["tool_result"] = "tool_result"
    tool_use_id: str
    content: str
    is_error: bool = False


Block = Annotated[
    Text | Thinking | RedactedThinking | ToolUse | ToolAnswer, Field(discriminator="type")
]


class Message(_Block):
    """One turn of the user (the harness) or the assistant (the model)."""

    role: Literal["user", "assistant"]
    content: Sequence[Block]

    @property
    def text(self) -> str:
        """All plain text of the message, joined by newlines."""
        return "\n".join(block.text for block in self.content if isinstance(block, Text))

    @property
    def tool_uses(self) -> list[ToolUse]:
        """The tool calls that the message asks for, in order."""
        return [block for block in self.content if isinstance(block, ToolUse)]


def user_message(text: str) -> Message:
    """A message of the harness's side with one text block."""
    return Message(role="user", content=[Text(text=text)])


class ToolSpec(_Block):
    """What a model is told of a tool. `input_schema` is JSON schema."""

    name: str
    description: str
    input_schema: Mapping[str, Any]


class TokenUsage(_Block):
    """Tokens of one model call, as the provider counts them. `input` excludes cached tokens."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        """All tokens of the call."""
        return self.input + self.output + self.cache_read + self.cache_write


class Settings(_Block):
    """How a model is asked. None leaves the provider's default."""

    max_tokens: int = Field(default=16_000, gt=0)
    temperature: float | None = Field(default=None, ge=0)
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    thinking_tokens: int | None = Field(default=None, ge=1024)


class Reply(_Block):
    """One answer of a model.

    `waited_seconds` is time spent waiting to retry, which is not the agent's. `usd` is None when
    the price of the model is unknown. `model` is the id that the provider returned. `cached`: no
    model was asked, the reply is a stored one (harness.models.cache).
    """

    message: Message
    stop_reason: StopReason
    usage: TokenUsage
    usd: float | None
    model: str
    request_id: str | None = None
    seconds: float = 0.0
    waited_seconds: float = 0.0
    retries: Sequence[str] = ()
    cached: bool = False
