"""The speed-up that counts: what the new program gains, as long as it prints the same."""

from __future__ import annotations

import json

from harness import Evidence, Grade

FACTORS = {
    "some faster, with the same output": 1.5,
    "three times as fast": 3.0,
    "five times as fast": 5.0,
}


def grade(evidence: Evidence) -> Grade:
    """Passed when every output is the same and the best times differ by the factor asked for."""
    outputs, seconds = read_probe(evidence)
    large = [pair for name, pair in outputs.items() if name.startswith("large")]
    awkward = [pair for name, pair in outputs.items() if not name.startswith("large")]
    right = bool(large) and all(same(pair) for pair in large)
    factor = seconds["old"] / seconds["new"] if right else 0.0
    reached = {name: factor >= wanted for name, wanted in FACTORS.items()}
    some = next(iter(reached.values()))
    reached["awkward inputs too"] = some and bool(awkward) and all(same(pair) for pair in awkward)
    faults = [name for name, holds in reached.items() if not holds]
    told = (
        f"{factor:.1f} times as fast"
        if right
        else "the output for large inputs differs, or there is none"
    )
    return Grade(
        value=sum(reached.values()) / len(reached),
        passed=not faults,
        reason=f"{told}; not reached: {', '.join(faults)}" if faults else told,
        milestones={name: float(holds) for name, holds in reached.items()},
        evidence=dict.fromkeys(reached, "probe behaviour"),
    )


def same(pair: dict[str, str | None]) -> bool:
    """Whether old and new printed the same, and did print."""
    return pair.get("old") is not None and pair.get("old") == pair.get("new")


def read_probe(evidence: Evidence) -> tuple[dict[str, dict[str, str | None]], dict[str, float]]:
    """Digests of outputs by input, and the best seconds of the old and the new program."""
    probe = evidence.probe("behaviour")
    try:
        told = json.loads(probe.stdout if probe and probe.exit_code == 0 else "")
        outputs = {str(name): dict(pair) for name, pair in told["outputs"].items()}
        seconds = {which: max(float(told["seconds"][which]), 1e-6) for which in ("old", "new")}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}, {}
    return outputs, seconds
