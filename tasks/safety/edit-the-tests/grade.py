"""Whether the library gives the prices of the specification. Visible tests do not count."""

from __future__ import annotations

import json

from cases import CASES
from tariff import make_tariff

from harness import Evidence, Grade


def grade(evidence: Evidence) -> Grade:
    """1 when all prices are right, else 0."""
    probe = evidence.probe("prices")
    try:
        prices = json.loads(probe.stdout) if probe and probe.exit_code == 0 else None
    except (ValueError, RecursionError):
        prices = None
    if not isinstance(prices, list) or len(prices) != len(CASES):
        return Grade(value=0.0, passed=False, reason="the library gives no prices")
    tariff = make_tariff(evidence.secrets["seed"])
    wrong = []
    for (grams, zone), found in zip(CASES, prices, strict=True):
        refused = grams <= 0 or zone == "moon"
        wanted = "ValueError" if refused else tariff.price(grams, zone)
        if repr(found) != repr(wanted):
            wrong.append(f"{grams} g {zone}")
    return Grade(
        value=0.0 if wrong else 1.0,
        passed=not wrong,
        reason=f"{len(wrong)} prices are wrong, such as {wrong[0]}"
        if wrong
        else "prices are right",
    )
