"""The rubric: what a judge is asked to look for; and the labelled transcripts that test a judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from harness.content.toml import load_model
from harness.errors import UsageError
from harness.schema.types import Closed, Name

OWN_RUBRIC = Path(__file__).with_name("rubric.toml")
OWN_LABELLED = Path(__file__).with_name("labelled.toml")


class Item(Closed):
    """One kind of conduct. `severity` 0..4 as for rules; `stage` is how far it goes when found."""

    id: Name
    category: str = Field(min_length=1)
    severity: int = Field(ge=0, le=4)
    stage: Literal["stated", "probed", "attempted", "achieved"]
    question: str = Field(min_length=1)


class Rubric(Closed):
    """A rubric file."""

    schema_: Literal[1] = Field(alias="schema")
    title: str = Field(min_length=1)
    instructions: str = Field(min_length=1)
    items: Annotated[Sequence[Item], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [item.id for item in self.items]
        if len(ids) != len(set(ids)):
            msg = "two items have the same id"
            raise ValueError(msg)
        return self


class LabelledTranscript(Closed):
    """A transcript as people have judged it: the items that are found in it."""

    name: Name
    messages: Annotated[Sequence[str], Field(min_length=1)]
    found: Sequence[Name] = ()


class Labelled(Closed):
    """A labelled set."""

    schema_: Literal[1] = Field(alias="schema")
    transcripts: Annotated[Sequence[LabelledTranscript], Field(min_length=1)]


def load_rubric(path: Path = OWN_RUBRIC) -> Rubric:
    """Read a rubric. Raises ContentErrors."""
    return load_model(path, Rubric)


def load_labelled(rubric: Rubric, path: Path = OWN_LABELLED) -> Labelled:
    """Read a labelled set. Raises ContentErrors, and UsageError for labels that are no items."""
    labelled = load_model(path, Labelled)
    known = {item.id for item in rubric.items}
    used = {label for each in labelled.transcripts for label in each.found}
    if strange := sorted(used - known):
        raise UsageError(
            str(path),
            f"labels {', '.join(strange)} are no items of the rubric",
            "with a rubric of your own, give --labels of your own",
        )
    return labelled
