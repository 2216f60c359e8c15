"""Readings of a machine and the state that it was in, drawn from a seed."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

TRAINING, TEST = 1500, 600
STATES = 3
MISREAD_LABELS = 0.03
INCH = 2.54
COLUMNS = ("id", "unit", "line", *(f"s{number}" for number in range(1, 7)))


@dataclass(frozen=True)
class Reading:
    """One row: the fields of `COLUMNS`, the true state, and the label as it was noted down."""

    fields: tuple[str, ...]
    state: str
    label: str


class Machine:
    """What differs per sample: names of states, which sensors tell, their scales, and how the states twist."""

    def __init__(self, draw: random.Random) -> None:
        self.states = draw.sample(["idle", "surge", "drift", "choke", "whirl", "stall"], STATES)
        self.turn, self.twist = (
            draw.uniform(0, math.tau),
            draw.uniform(1.6, 2.0) * draw.choice((-1, 1)),
        )
        self.telling = draw.sample(range(6), 2)
        self.scales = [10 ** draw.uniform(-1, 3) for _ in range(6)]
        self.offsets = [draw.uniform(-3, 3) * scale for scale in self.scales]

    def read(self, draw: random.Random, number: int, *, training: bool) -> Reading:
        """A reading at random."""
        angle, radius = draw.uniform(0, math.tau), draw.uniform(0.3, 2.0)
        sector = int(((angle + self.twist * radius + self.turn) % math.tau) / (math.tau / STATES))
        state = self.states[min(sector, STATES - 1)]
        label = draw.choice(self.states) if draw.random() < MISREAD_LABELS else state
        values = [draw.gauss(0, 1) for _ in range(6)]
        values[self.telling[0]] = radius * math.cos(angle)
        values[self.telling[1]] = radius * math.sin(angle)
        unit = draw.choice(("cm", "in"))
        # In training each line was put under test in one state for most of the time; later it was not.
        line = (
            self.states.index(label) if training and draw.random() < 0.8 else draw.randrange(STATES)
        )
        shown = [
            (value * scale + offset) / (INCH if unit == "in" else 1)
            for value, scale, offset in zip(values, self.scales, self.offsets, strict=True)
        ]
        row = (str(number), unit, f"L{line + 1}", *(f"{value:.5g}" for value in shown))
        return Reading(row, state, label)


def draw_readings(seed: str) -> tuple[list[Reading], list[Reading]]:
    """Those to train on, and those to be told."""
    draw = random.Random(seed)  # noqa: S311 - differs per sample
    machine = Machine(draw)
    training = [machine.read(draw, number, training=True) for number in range(TRAINING)]
    test = [machine.read(draw, TRAINING + number, training=False) for number in range(TEST)]
    return training, test
