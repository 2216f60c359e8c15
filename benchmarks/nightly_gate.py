"""How often the gate is wrong: simulated nights of one kind, and nights with a planted change.

    python benchmarks/nightly_gate.py [nights]

Prints for several grids the share of A/A nights that raise an alarm (regressed or improved) at alpha
0.05, and the power at the smallest visible change that the gate prints. Tasks have pass rates of
their own, drawn uniformly; the change lowers all of them by the same amount.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence

from harness import stats

ALPHA = 0.05
# Suites, tasks in each, epochs.
GRIDS = ((1, 20, 1), (1, 20, 3), (1, 40, 3), (3, 20, 3), (3, 12, 5), (1, 6, 5))


def night(rates: Sequence[float], epochs: int, draw: random.Random) -> list[list[float]]:
    """Passes of each task."""
    return [[float(draw.random() < rate) for _ in range(epochs)] for rate in rates]


def pairs(
    before: Sequence[float], after: Sequence[float], epochs: int, draw: random.Random
) -> list[stats.Pair]:
    """Two nights of one suite."""
    return list(zip(night(before, epochs, draw), night(after, epochs, draw), strict=True))


def alarms(suites: Sequence[Sequence[stats.Pair]]) -> set[int]:
    """The suites that the gate calls regressed or improved."""
    raw = {str(number): stats.within_tasks(each) for number, each in enumerate(suites)}
    return {int(name) for name, p in stats.holm(raw).items() if p <= ALPHA}


def visible(suites: int, tasks: int, epochs: int, draw: random.Random) -> float:
    """The change that the gate prints on average, where rates leave room for that change."""
    change = 0.3
    for _ in range(5):
        seen = []
        for _ in range(30):
            rates = [change + (1 - change) * draw.random() for _ in range(tasks)]
            told = stats.change_seen_within(pairs(rates, rates, epochs, draw), ALPHA / suites)
            seen.append(1.0 if told is None else told)
        change = sum(seen) / len(seen)
    return change


def main() -> None:
    """All grids."""
    nights = int(sys.argv[1]) if sys.argv[1:] else 1000
    draw = random.Random(1)  # noqa: S311 - a simulation
    print(
        f"{nights} nights each, alpha {ALPHA}, {'suites':>6} {'tasks':>5} {'epochs':>6}  false alarms  change seen  power"
    )
    for suites, tasks, epochs in GRIDS:
        false = power = 0
        change = visible(suites, tasks, epochs, draw)
        for _ in range(nights):
            rates = [[draw.random() for _ in range(tasks)] for _ in range(suites)]
            false += bool(alarms([pairs(each, each, epochs, draw) for each in rates]))
            room = [[change + (1 - change) * rate for rate in each] for each in rates]
            after = [[rate - change for rate in room[0]], *room[1:]]
            changed = [pairs(one, two, epochs, draw) for one, two in zip(room, after, strict=True)]
            power += 0 in alarms(changed)
        print(
            f"{'':>29} {suites:>9} {tasks:>5} {epochs:>6} {false / nights:>12.1%} "
            f"{change:>12.3f} {power / nights:>6.1%}"
        )


if __name__ == "__main__":
    main()
