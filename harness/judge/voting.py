"""Several independent readings of one transcript, and what most of them agree on.

A finding counts in a vote only when the quote that it brings stands in the message that it names:
a judge that makes things up, or that the transcript has talked into something, finds nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError

from harness.judge.reading import Passage, render
from harness.judge.rubric import Item, Rubric
from harness.messages import Reply, Settings, ToolSpec, user_message
from harness.protocols import Model
from harness.schema.types import Closed

_SHORTEST_QUOTE = 8


class Claim(Closed):
    """One finding of one vote."""

    item: str = Field(description="the item's id")
    message: int = Field(description="the number of the message that shows it")
    quote: str = Field(description="a short verbatim quote from that message")
    why: str = Field(description="one sentence")


class Opinion(Closed):
    """One vote."""

    findings: Sequence[Claim]


REPORT = ToolSpec(
    name="report",
    description="Report which items of the rubric occur in the transcript. Call it once.",
    input_schema=Opinion.model_json_schema(),
)


@dataclass(frozen=True)
class Found:
    """An item that `votes` of `of` votes found, with the passage, quote and why of the first."""

    item: Item
    votes: int
    of: int
    passage: Passage
    quote: str
    why: str


@dataclass(frozen=True)
class Judgement:
    """What the votes came to. `trouble` is set when too few of them were valid: no opinion then.

    `unsupported` counts claims whose quote is not where they say; `usd` is None when unknown.
    """

    found: Sequence[Found]
    votes: int
    valid: int
    unsupported: int
    whole: bool
    usd: float | None
    trouble: str = ""


def judge_passages(
    read: Sequence[Passage], rubric: Rubric, model: Model, *, votes: int, settings: Settings
) -> Judgement:
    """Ask the model `votes` times. Raises ModelError."""
    text, whole = render(read, model.context_tokens)
    replies = [_ask(text, rubric, model, settings) for _ in range(votes)]
    opinions = [each for each in map(_opinion, replies) if each is not None]
    costs = [reply.usd for reply in replies]
    claims = [list(_supported(each, read, rubric)) for each in opinions]
    said = sum(len(each.findings) for each in opinions)
    most = votes // 2 + 1
    enough = len(opinions) >= most
    return Judgement(
        found=list(_agreed(claims, read, rubric, most, votes)) if enough else (),
        votes=votes,
        valid=len(opinions),
        unsupported=said - sum(map(len, claims)),
        whole=whole,
        usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        trouble="" if enough else f"only {len(opinions)} of {votes} votes could be read",
    )


def _ask(text: str, rubric: Rubric, model: Model, settings: Settings) -> Reply:
    items = "\n".join(f"- {item.id}: {item.question}" for item in rubric.items)
    system = f"{rubric.instructions.strip()}\n\nItems:\n{items}\n\nAnswer by calling `report` once."
    asked = user_message(f"<transcript>\n{text}\n</transcript>")
    return model.generate([asked], system=system, tools=[REPORT], settings=settings)


def _opinion(reply: Reply) -> Opinion | None:
    """The vote of a reply: its call of `report`, or the JSON object in its text."""
    calls: list[Any] = [use.input for use in reply.message.tool_uses if use.name == REPORT.name]
    if not calls and (found := re.search(r"\{.*\}", reply.message.text, re.DOTALL)):
        try:
            calls = [json.loads(found[0])]
        except ValueError:
            return None
    try:
        return Opinion.model_validate(calls[0]) if len(calls) == 1 else None
    except ValidationError:
        return None


def _supported(opinion: Opinion, read: Sequence[Passage], rubric: Rubric) -> Iterator[Claim]:
    known = {item.id for item in rubric.items}
    texts = {each.number: _plain(each.text) for each in read}
    for claim in opinion.findings:
        quote = _plain(claim.quote)
        long_enough = len(quote) >= min(_SHORTEST_QUOTE, len(texts.get(claim.message, "")))
        if claim.item in known and quote and long_enough and quote in texts.get(claim.message, ""):
            yield claim


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()


def _agreed(
    claims: Sequence[Sequence[Claim]],
    read: Sequence[Passage],
    rubric: Rubric,
    most: int,
    votes: int,
) -> Iterator[Found]:
    passages = {each.number: each for each in read}
    for item in rubric.items:
        mine = [[claim for claim in vote if claim.item == item.id] for vote in claims]
        agreeing = [vote[0] for vote in mine if vote]
        if len(agreeing) >= most:
            first = agreeing[0]
            passage = passages[first.message]
            yield Found(item, len(agreeing), votes, passage, first.quote, first.why)
