"""What a sample costs and takes now, beside what it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.compare.capability import Paired
from harness.compare.side import Sample
from harness.schema.policy import Policy

_MEASURES = ("usd", "tokens", "steps", "seconds")


def compare_cost(pairs: Sequence[Paired], policy: Policy) -> dict[str, Any]:
    """Means by sample over the tasks of both, their ratio, and what exceeds the policy."""
    base = [sample for pair in pairs for sample in pair.base.samples]
    candidate = [sample for pair in pairs for sample in pair.candidate.samples]
    found: dict[str, Any] = {}
    for name in _MEASURES:
        before, after = _mean(base, name), _mean(candidate, name)
        ratio = after / before if before and after is not None else None
        found[name] = {"base": before, "candidate": after, "ratio": ratio}
    bounds = {"usd": policy.cost.usd, "seconds": policy.cost.seconds}
    found["reasons"] = [
        f"{name} a sample: {found[name]['ratio']:.2f} times the baseline's, {bound:g} is allowed"
        for name, bound in bounds.items()
        if bound and (found[name]["ratio"] or 0) > bound
    ]
    return found


def _mean(samples: Sequence[Sample], name: str) -> float | None:
    """None when there is nothing, or when a price is unknown."""
    values = [each[name] for each in samples]
    if not values or any(value is None for value in values):
        return None
    return float(sum(values) / len(values))
