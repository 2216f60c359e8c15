"""What a reader of a run's numbers must know first."""

from __future__ import annotations

from collections.abc import Sequence

from harness.results import SampleResult
from harness.run import Run

_MOST_REMARKS = 5


def notices(run: Run, results: Sequence[SampleResult], remarks: Sequence[str]) -> list[str]:
    """Lines for the top of a report; `remarks` are what the generation cache said in the log."""
    if run.config.generation_cache is None:
        return []
    cached = sum(result.usage.cached_calls for result in results)
    replies = sum(result.usage.model_calls for result in results)
    said = (
        f"{cached} of {replies} model replies came from the generation cache: "
        "costs and times are not those of the model"
        if cached
        else f"the generation cache was on; none of {replies} model replies came from it"
    )
    lines = [said, *(f"generation cache: {each}" for each in remarks[:_MOST_REMARKS])]
    if len(remarks) > _MOST_REMARKS:
        more = len(remarks) - _MOST_REMARKS
        lines.append(f"generation cache: {more} more such lines in the run's log")
    return lines
