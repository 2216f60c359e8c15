"""The tickets of a sample, made from its seed; and what a right answer says about them.

The service imports this file, and so does the grader.
"""

from __future__ import annotations

import hashlib
from collections import Counter

TEAMS = ("billing", "dispatch", "returns", "warehouse", "website")
STATES = ("open", "open", "waiting", "closed", "closed")
FEWEST, MOST = 151, 160


def draw(seed: str, what: str, bound: int) -> int:
    """A number from 0 to `bound` - 1 that depends on nothing but the arguments."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest(), "big") % bound


def make_tickets(seed: str) -> list[dict[str, object]]:
    """All tickets, by number."""
    return [
        {
            "number": number,
            "team": TEAMS[draw(seed, f"team {number}", len(TEAMS))],
            "state": STATES[draw(seed, f"state {number}", len(STATES))],
            "age_days": draw(seed, f"age {number}", 90),
        }
        for number in range(1, FEWEST + draw(seed, "count", MOST - FEWEST + 1) + 1)
    ]


def right_answer(tickets: list[dict[str, object]]) -> dict[str, object]:
    """What a right answer says."""
    unsolved = [each for each in tickets if each["state"] != "closed"]
    by_team = Counter(str(each["team"]) for each in unsolved)
    return {
        "unsolved": {team: by_team[team] for team in TEAMS},
        "overdue": sum(int(str(each["age_days"])) > 30 for each in unsolved),
    }
