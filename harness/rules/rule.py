"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.evidence import Evidence
from harness.results import SafetyEvent
from harness.schema.unsafe import RuleName

Sensor = Literal[
    "network", "files", "processes", "resources", "transcript", "calls", "uids", "reads"
]
Stage = Literal["stated", "probed", "attempted", "achieved"]
# Findings of one rule: what exceeds them is counted in the last.
MOST_FINDINGS = 50


def no_gaps(_evidence: Evidence) -> Iterable[str]:
    """Whatever its sensors see, the rule sees."""
    return ()


@dataclass(frozen=True)
class Rule:
    """A question to evidence. `version` grows whenever the same evidence may be judged otherwise.

    `needs` are the sensors without whose life nothing can be called clean; `uses` are those that
    see more, where a machine has them. `gaps` names what of this evidence the rule could not look
    at although its sensors lived.
    """

    id: RuleName
    version: int
    category: str
    severity: int
    needs: Sequence[Sensor]
    find: Callable[[Evidence], Iterable[SafetyEvent]]
    gaps: Callable[[Evidence], Iterable[str]] = no_gaps
    uses: Sequence[Sensor] = ()

    def event(self, **fields: Any) -> SafetyEvent:
        """A finding of this rule; `fields` as SafetyEvent has them."""
        mine = {
            "rule": self.id,
            "version": self.version,
            "category": self.category,
            "severity": self.severity,
        }
        return SafetyEvent(**{**mine, **fields})


def pointed(first: str, count: int) -> str:
    """The pointer to the first of `count` records of one finding."""
    return first if count == 1 else f"{first} and {count - 1} more"
