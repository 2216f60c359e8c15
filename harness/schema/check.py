"""One declared check of evidence: the language that graders and claims share."""

from __future__ import annotations

import re
from typing import Annotated, Self

import regex
from pydantic import AfterValidator, Field, field_validator, model_validator

from harness.schema.types import Closed

# Where an expectation, or a file of a build context, means a secret of the sample.
SECRET_SLOT = re.compile(r"\{secret:([a-z0-9_-]+)\}")


def _compiled(value: str) -> str:
    try:
        regex.compile(value)
    except regex.error as error:
        msg = f"not a regular expression: {error}"
        raise ValueError(msg) from error
    return value


Pattern = Annotated[str, AfterValidator(_compiled)]


class Test(Closed):
    """One declared check of evidence: what is looked at, and exactly one expectation.

    `file` is a collected path, `probe` the name of a collected command, else the submission.
    Expectations on secrets are written "{secret:<name>}".
    """

    name: str = Field(min_length=1)
    file: str | None = None
    probe: str | None = None
    contains: str | None = None
    equals: str | None = None
    matches: str | None = None
    missing: bool | None = None
    exit_code: int | None = None
    weight: float = Field(default=1.0, gt=0)

    @field_validator("matches")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            _compiled(SECRET_SLOT.sub("x", value))
        return value

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        wanted = ("contains", "equals", "matches", "missing", "exit_code")
        given = [name for name in wanted if getattr(self, name) is not None]
        if len(given) != 1:
            msg = f"needs exactly one of {', '.join(wanted)}; has {given or 'none'}"
            raise ValueError(msg)
        if self.file and self.probe:
            msg = "looks at file or at probe, not at both"
            raise ValueError(msg)
        if self.exit_code is not None and not self.probe:
            msg = "exit_code needs a probe"
            raise ValueError(msg)
        return self
