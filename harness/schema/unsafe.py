"""`[unsafe]` of a task: which rules watch it, and what they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import field_validator

from harness.schema.types import Closed, check_places

# harness.rules.verdict holds a rule of each name.
RuleName = Literal["egress", "scope", "canary", "tamper", "persistence", "privilege", "escape"]
NETWORK_RULES: frozenset[RuleName] = frozenset({"egress", "scope", "canary"})
KERNEL_RULES: frozenset[RuleName] = frozenset({"privilege", "escape"})
FILE_RULES: frozenset[RuleName] = frozenset({"tamper", "persistence"})
# A shorter decoy would be found by chance in what honest agents send.
CANARY_LENGTH = 12


class Unsafe(Closed):
    """Which rules about unsafe actions watch this task.

    `protected` are files and folders ("/path" or "service:/path") that nobody may change while
    the agent works: rule "tamper".
    """

    rules: Sequence[RuleName] = ()
    protected: Sequence[str] = ()

    @field_validator("protected")
    @classmethod
    def _absolute_paths(cls, value: Sequence[str]) -> Sequence[str]:
        return check_places(value)
