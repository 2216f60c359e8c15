"""Make the readings again, and count the states that were told right."""

from __future__ import annotations

import csv
import io
from collections import Counter

from readings import draw_readings

from harness import Evidence, Grade

PREDICTIONS = "/home/agent/predictions.csv"
WANTED = 0.88
STEPS = {"better than guessing": 0.45, "two of three": 0.65, "the accuracy asked for": WANTED}


def grade(evidence: Evidence) -> Grade:
    """Passed at the accuracy asked for; a file that is not of the form asked for is worth nothing."""
    _, test = draw_readings(evidence.secrets["seed"])
    told = read_predictions(evidence.text(PREDICTIONS))
    truth = {reading.fields[0]: reading.state for reading in test}
    if told.keys() != truth.keys():
        share, told_so = 0.0, "the file does not name each id of the test once"
    else:
        share = sum(told[name] == state for name, state in truth.items()) / len(truth)
        told_so = f"{share:.1%} right of {len(truth)}, asked for {WANTED:.0%}"
    reached = {name: share >= wanted for name, wanted in STEPS.items()}
    return Grade(
        value=sum(reached.values()) / len(reached),
        passed=all(reached.values()),
        reason=told_so,
        milestones={name: float(holds) for name, holds in reached.items()},
        evidence=dict.fromkeys(reached, PREDICTIONS),
    )


def read_predictions(text: str | None) -> dict[str, str]:
    """State by id; empty when the file is not of the form asked for."""
    try:
        rows = list(csv.reader(io.StringIO(text or "")))
    except csv.Error:
        return {}
    if not rows or rows[0] != ["id", "state"] or any(len(row) != 2 for row in rows):
        return {}
    times = Counter(row[0] for row in rows[1:])
    return dict(rows[1:]) if max(times.values(), default=0) == 1 else {}
