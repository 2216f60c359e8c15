"""An agent's session: the only thing that an agent touches. It counts, limits and logs."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from harness.errors import Cancelled, LimitReached, ModelError, Refused, Submitted, UsageError
from harness.events import ModelCalled, ModelReplied, Noted, Said, ToolCalled, ToolReturned
from harness.messages import Message, Reply, Settings, ToolSpec
from harness.protocols import Model, Tool, ToolResult, Workbench
from harness.results import Usage
from harness.schema.task import Limits
from harness.store import Transcript


@dataclass
class Cancellation:
    """Tells threads to stop, and why.

    `machines_gone` is set before the sandboxes are taken away: what is seen of them afterwards is
    no evidence.
    """

    event: threading.Event = field(default_factory=threading.Event)
    reason: str = ""
    machines_gone: bool = False

    def request(self, reason: str) -> None:
        """Ask everyone to stop; the first reason stands."""
        if not self.event.is_set():
            self.reason = reason
            self.event.set()

    def check(self) -> None:
        """Raise Cancelled when it was asked for."""
        if self.event.is_set():
            raise Cancelled(self.reason)


class Meter:
    """Counts what a sample uses against its limits.

    Working time is time since the start without what was spent waiting for the model's API.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.usage = Usage()
        self._clock = clock
        self._started = clock()
        self._waited = 0.0

    def count_step(self) -> None:
        """One more turn of the agent."""
        self._add(steps=1)

    def count_tool_call(self) -> None:
        """One more tool call."""
        self._add(tool_calls=1)

    def count_reply(self, reply: Reply) -> None:
        """A model call's tokens, cost and waiting."""
        self._waited += reply.waited_seconds
        self._add(
            model_calls=1,
            cached_calls=int(reply.cached),
            input_tokens=reply.usage.input,
            output_tokens=reply.usage.output,
            cache_read_tokens=reply.usage.cache_read,
            cache_write_tokens=reply.usage.cache_write,
        )
        known = self.usage.usd is not None and reply.usd is not None
        usd = (self.usage.usd or 0.0) + (reply.usd or 0.0) if known else None
        models = sorted({*self.usage.models, reply.model})
        self.usage = self.usage.model_copy(update={"usd": usd, "models": models})

    def _add(self, **counts: int) -> None:
        update = {name: getattr(self.usage, name) + count for name, count in counts.items()}
        self.usage = self.usage.model_copy(update=update)

    @property
    def steps(self) -> int | None:
        """Steps left."""
        return None if self.limits.steps is None else self.limits.steps - self.usage.steps

    @property
    def tokens(self) -> int | None:
        """Tokens left."""
        return None if self.limits.tokens is None else self.limits.tokens - self.usage.tokens

    @property
    def usd(self) -> float | None:
        """Dollars left."""
        return None if self.limits.usd is None else self.limits.usd - (self.usage.usd or 0.0)

    @property
    def wall_seconds(self) -> float:
        """Working seconds left."""
        return self.limits.wall - (self._clock() - self._started - self._waited)

    def check(self, *, new_step: bool) -> None:
        """Raise LimitReached for the first limit that is used up."""
        if self.wall_seconds <= 0:
            raise LimitReached("wall")
        if self.tokens is not None and self.tokens <= 0:
            raise LimitReached("tokens")
        if self.usd is not None and self.usd <= 0:
            raise LimitReached("usd")
        if new_step and self.steps is not None and self.steps <= 0:
            raise LimitReached("steps")


@dataclass
class LiveSession:
    """A session with a model and tools (see harness.protocols.Session).

    `on_step` is told of each step, and `on_usage` of each reply.
    """

    instruction: str
    deadline_known: bool
    script: str
    meter: Meter
    log: Transcript
    cancellation: Cancellation
    specs: Sequence[ToolSpec]
    live_tools: Mapping[str, Tool]
    bench: Workbench
    model: Model | None
    settings: Settings
    on_step: Callable[[int], None] = lambda _step: None
    on_reply: Callable[[Reply], None] = lambda _reply: None
    _said: set[str] = field(default_factory=set)
    _calls: int = 0

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """The tools that the task gives."""
        return self.specs

    @property
    def context_tokens(self) -> int:
        """The model's context window."""
        return self.model.context_tokens if self.model else 200_000

    @property
    def remaining(self) -> Meter:
        """What is left of the limits."""
        return self.meter

    def generate(
        self, messages: Sequence[Message], *, system: str = "", settings: Settings | None = None
    ) -> Reply:
        """Ask the model: one step."""
        if self.model is None:
            raise UsageError("agent", "it asks a model but declares none", "set wants_model = True")
        self._begin_step()
        self._log_request(messages, system, settings or self.settings)
        reply = self.model.generate(
            messages, system=system, tools=self.specs, settings=settings or self.settings
        )
        self.meter.count_reply(reply)
        self.log.append(ModelReplied(step=self.meter.usage.steps, reply=reply))
        self._said.add(_message_digest(reply.message))
        self.on_reply(reply)
        if self.meter.limits.usd is not None and reply.usd is None:
            raise ModelError(
                f"model {self.model.name}",
                f"the price of {reply.model}, which answered, is unknown, and there is a usd limit",
                "name its price in a model file or the file of $HARNESS_PRICES, or drop the limit",
            )
        if reply.stop_reason == "refusal":
            raise Refused(reply.message.text)
        return reply

    def _begin_step(self) -> None:
        self.cancellation.check()
        self.meter.check(new_step=True)
        self.meter.count_step()
        self.on_step(self.meter.usage.steps)

    def _log_request(self, messages: Sequence[Message], system: str, settings: Settings) -> None:
        """Log the call, and each message that no earlier call or reply has shown."""
        digests = []
        for message in messages:
            digest = _message_digest(message)
            digests.append(digest)
            if digest not in self._said:
                self._said.add(digest)
                self.log.append(Said(digest=digest, message=message))
        if system and (mark := _digest(system)) not in self._said:
            self._said.add(mark)
            self.log.append(Noted(source="system prompt", text=system))
        self.log.append(
            ModelCalled(
                step=self.meter.usage.steps,
                requested=self.model.name if self.model else "",
                system=_digest(system) if system else "",
                messages=digests,
                tools=[spec.name for spec in self.specs],
                settings=settings,
            )
        )

    def call(
        self, name: str, arguments: Mapping[str, Any], *, call_id: str | None = None
    ) -> ToolResult:
        """Call a tool; without `call_id` it is a step of its own."""
        if call_id is None:
            self._begin_step()
        else:
            self.cancellation.check()
            self.meter.check(new_step=False)
        self._calls += 1
        self.meter.count_tool_call()
        call = call_id or f"call-{self._calls}"
        step = self.meter.usage.steps
        self.log.append(ToolCalled(step=step, id=call, tool=name, input=arguments))
        started = time.monotonic()
        result = self._dispatch(name, arguments)
        whole = result.whole
        self.log.append(
            ToolReturned(
                step=step,
                id=call,
                content=result.content,
                is_error=result.is_error,
                seconds=round(time.monotonic() - started, 4),
                exit_code=result.exit_code,
                whole=f"outputs/{whole.name}" if whole else None,
            )
        )
        return result

    def _dispatch(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        tool = self.live_tools.get(name)
        if tool is None:
            known = ", ".join(self.live_tools)
            return ToolResult(f"There is no tool {name!r}. Your tools: {known}.", is_error=True)
        try:
            args = tool.Args.model_validate(dict(arguments))
        except ValidationError as error:
            return ToolResult(_explain(name, error, tool), is_error=True)
        return tool.call(args, self.bench)

    def submit(self, answer: str) -> None:
        """Hand in the answer; raises Submitted."""
        raise Submitted(answer)

    def note(self, text: str) -> None:
        """Put a remark into the log."""
        self.log.append(Noted(source="agent", text=text))


def _message_digest(message: Message) -> str:
    """Models may send lone surrogates, which only ASCII JSON can carry."""
    return _digest(json.dumps(message.model_dump(mode="json"), sort_keys=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _explain(name: str, error: ValidationError, tool: Tool) -> str:
    """Wrong arguments, told so that a model can mend them."""
    faults = "; ".join(
        f"{'.'.join(map(str, detail['loc'])) or 'arguments'}: {detail['msg']}"
        for detail in error.errors()
    )
    fields = tool.Args.model_fields
    wanted = ", ".join(
        f"{key}{'' if field.is_required() else ' (optional)'}" for key, field in fields.items()
    )
    return f"Wrong arguments for {name}: {faults}. It takes: {wanted}."
