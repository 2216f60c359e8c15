"""Events as entries of a page: what happened in one line, and below it what was said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness import events
from harness.errors import StoreError
from harness.messages import Text, Thinking, ToolUse
from harness.report.html import words
from harness.results import Safety

_FIRST_LINE, _MOST_ARGUMENTS = 140, 20


@dataclass(frozen=True)
class Part:
    """A text of an entry under its label. `whole` names the file with all of it."""

    label: str
    text: str
    whole: str | None = None
    folded: bool = False


@dataclass(frozen=True)
class Entry:
    """What one event, or a tool call with its result, looks like.

    `quiet` are the harness's own doings, `trouble` what went wrong; `call` is a tool call's id.
    """

    seq: int
    time: str
    kind: str
    title: str
    parts: Sequence[Part] = ()
    facts: Sequence[str] = ()
    step: int | None = None
    call: str | None = None
    folded: bool = False
    quiet: bool = False
    trouble: bool = False


def entries(lines: Iterator[events.Line]) -> Iterator[Entry]:
    """The entries of a log, in order; a result that follows its call stands with it.

    Raises StoreError, as reading the lines does, after all entries before the fault.
    """
    waiting: Entry | None = None
    asked: list[ToolUse] = []
    try:
        for line in lines:
            event = line.event
            if waiting and isinstance(event, events.ToolReturned) and event.id == waiting.call:
                waiting = _answered(waiting, event)
                continue
            if waiting:
                yield waiting
            waiting = _entry(line)
            if isinstance(event, events.ToolCalled):
                asked = [each for each in asked if not _is_call_of(event, each)]
            elif waiting and isinstance(event, events.ModelReplied | events.Stopped):
                waiting = replace(waiting, parts=[*_never_called(asked), *waiting.parts])
                asked = (
                    event.reply.message.tool_uses if isinstance(event, events.ModelReplied) else []
                )
    except StoreError:
        if waiting:
            yield waiting
        raise
    if waiting:
        yield waiting


def _is_call_of(event: events.ToolCalled, use: ToolUse) -> bool:
    return event.id == use.id or (event.tool == use.name and event.input == use.input)


def _never_called(asked: Sequence[ToolUse]) -> list[Part]:
    """What the model asked for last, and the agent did not do: a limit came first, or it would not."""
    return [
        Part(f"asked for before, and never called: {each.name}", _json(each.input), folded=True)
        for each in asked
    ]


def _entry(line: events.Line) -> Entry | None:
    """The entry of one line; None for a message that only repeats tool results."""
    event = line.event
    base = Entry(line.seq, line.time, event.kind, event.kind.replace("_", " "))
    match event:
        case events.Said(message=message):
            parts = [Part("", block.text) for block in message.content if isinstance(block, Text)]
            found = replace(base, title=f"message from the {message.role}", parts=parts)
            return found if parts else None
        case events.Noted(source=source, text=text):
            long = source == "system prompt"
            found = replace(base, title=source, parts=[Part("", text, folded=long)])
        case events.ModelReplied():
            found = _replied(base, event)
        case events.ToolCalled():
            found = _called(base, event)
        case events.ToolReturned():
            found = _answered(replace(base, title="tool result", step=event.step), event)
        case events.Stopped() | events.Failed() | events.Graded() | events.Judged():
            found = _outcome(base, event)
        case _:
            found = _machinery(base, event)
    return found


def _outcome(
    base: Entry, event: events.Stopped | events.Failed | events.Graded | events.Judged
) -> Entry:
    """What came of it."""
    match event:
        case events.Stopped(how=how, detail=detail):
            parts = [Part("answer" if how == "submitted" else "", detail)] if detail else []
            return replace(base, title=f"the agent's work ended: {how}", parts=parts)
        case events.Failed(blame=blame, message=said, detail=detail):
            parts = [Part("", said), *([Part("detail", detail)] if detail else [])]
            return replace(base, title=f"failure, blamed on {blame}", parts=parts, trouble=True)
        case events.Graded(grade=grade):
            verdict = "passed" if grade.passed else "not passed"
            title = f"grade {words.score(grade.value)}, {verdict}"
            return replace(base, title=title, parts=[Part("", grade.reason)])
        case events.Judged(safety=safety):
            return _judged(base, safety)


def _replied(base: Entry, event: events.ModelReplied) -> Entry:
    reply, parts = event.reply, []
    for block in reply.message.content:
        match block:
            case Text(text=text):
                parts.append(Part("", text))
            case Thinking(thinking=thinking):
                parts.append(Part("thinking", thinking, folded=True))
            case ToolUse():
                pass  # the call is an event of its own
            case _:
                parts.append(Part("", f"({block.type}: only the provider can read it)"))
    parts += [Part("tried again", "\n".join(reply.retries), folded=True)] if reply.retries else []
    asked = [block.name for block in reply.message.tool_uses]
    facts = [
        reply.model,
        f"{words.number(reply.usage.total)} tokens",
        words.money(reply.usd),
        words.duration(reply.seconds),
        *([] if reply.stop_reason in {"end_turn", "tool_use"} else [reply.stop_reason]),
    ]
    title = f"the model asks for {', '.join(asked)}" if asked and not parts else "the model"
    return replace(base, title=title, parts=parts, facts=facts, step=event.step)


def _called(base: Entry, event: events.ToolCalled) -> Entry:
    parts = _arguments(event.input)
    first = next((part.text.strip() for part in parts if part.text.strip()), "")
    title = f"{event.tool}  {_one_line(first)}"
    return replace(base, title=title, parts=parts, step=event.step, call=event.id, folded=True)


def _arguments(given: Mapping[str, Any]) -> list[Part]:
    if len(given) > _MOST_ARGUMENTS:
        return [Part("arguments", _json(given))]
    return [
        Part(str(name), value if isinstance(value, str) else _json(value))
        for name, value in given.items()
    ]


def _one_line(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.startswith("#--")] or [text]
    line = lines[0]
    return line if len(line) <= _FIRST_LINE else line[: _FIRST_LINE - 1] + "…"


def _answered(call: Entry, event: events.ToolReturned) -> Entry:
    code = [] if event.exit_code is None else [f"exit {event.exit_code}"]
    facts = [*(["error"] if event.is_error else []), *code, words.duration(event.seconds)]
    output = Part("output", event.content or "(nothing)", whole=event.whole)
    failed = event.is_error or bool(event.exit_code)
    return replace(
        call,
        kind="tool_call",
        facts=facts,
        parts=[*call.parts, output],
        trouble=failed,
        folded=True,
    )


def _judged(base: Entry, safety: Safety) -> Entry:
    found = "\n".join(f"{each.rule} ({each.stage}): {each.what}" for each in safety.events)
    parts = [Part("", safety.reason), *([Part("findings", found)] if found else [])]
    flagged = safety.verdict == "flagged"
    return replace(base, title=f"safety: {safety.verdict}", parts=parts, trouble=flagged)


def _machinery(base: Entry, event: events.Event) -> Entry:
    """The harness's own doings, and what a hard stop left."""
    found = replace(base, quiet=True)
    match event:
        case events.Phase(name=name, seconds=seconds):
            found = replace(found, title=f"phase {name}", facts=[words.duration(seconds)])
        case events.ModelCalled(step=step, requested=requested, messages=told):
            title = f"step {step}: {len(told)} messages to {requested}"
            found = replace(found, title=title, step=step)
        case events.BoundaryTried():
            found = _tried(base, event)
        case events.SandboxOpened(services=services):
            parts = [Part("posture", _json(services), folded=True)]
            found = replace(found, title=f"sandbox opened: {', '.join(services)}", parts=parts)
        case events.LogRepaired(dropped_bytes=dropped):
            title = f"a torn last line of {dropped} bytes was cut off here"
            found = replace(base, title=title, trouble=True)
        case events.Interrupted():
            title = "the process that worked on this died here"
            found = replace(base, title=title, trouble=True)
        case events.AttemptFinished(status=status, score=value):
            score = "no score" if value is None else words.score(value)
            found = replace(found, title=f"attempt ended: {status}, {score}")
    return found


def _tried(base: Entry, event: events.BoundaryTried) -> Entry:
    said = "\n".join(
        f"{'held' if each.held else 'OPEN'}  {each.probe}: {each.said}" for each in event.probes
    )
    title = f"boundary tried {event.when} the agent's work: " + (
        "held" if event.held else "DID NOT HOLD"
    )
    parts = [Part("probes", said, folded=True)]
    return replace(base, title=title, parts=parts, quiet=event.held, trouble=not event.held)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=dict)
