"""An errand of many steps, drawn from a seed: each step needs what earlier ones gave."""

from __future__ import annotations

import random
from dataclasses import dataclass

STEPS = 140
SHIFT_ENDS_AFTER = 75
DRAWERS = 1000
THINGS = ("buttons", "candles", "marbles", "needles", "stamps")
WORDS = tuple(
    first + middle + last
    for first in ("bar", "fen", "gol", "hus", "kel", "mir", "nov", "rud", "sal", "tam")
    for middle in ("a", "e", "i", "o", "u")
    for last in ("ber", "din", "fal", "gus", "lor", "mex", "nat", "pol", "sen", "vik")
)
OPEN = (
    (
        "Multiply the answer of step {source} by {factor}, add {plus}, and open the drawer that the last three digits "
        "name. How many {thing} are in it?"
    ),
    (
        "The drawer of this step has the number ({factor} x the answer of step {source} + {plus}) modulo 1000. Count "
        "the {thing} in it."
    ),
    (
        "Take {factor} times what you answered in step {source}, then {plus} more; only the last three digits count. That "
        "drawer: how many {thing}?"
    ),
)
WORD = (
    "Which word lay in the drawer of step {source}?",
    "In step {source} you opened a drawer. Tell the word that was in it.",
)
BACKWARDS = (
    "Spell the word of the drawer of step {source} backwards.",
    "Answer with the word from the drawer of step {source}, its letters in reverse order.",
)
OTHER = (
    "How many {thing} were in the drawer of step {source}?",
    "Back to the drawer of step {source}: the number of {thing} that you saw there, please.",
)
SUM = (
    "Add the answers of steps {source} and {second}.",
    "What is the answer of step {source} plus the answer of step {second}?",
)
LARGER = (
    "Which of the steps {source} and {second} had the larger answer? Tell the number of that step.",
    "Compare the answers of steps {source} and {second}, and answer with the number of the step whose answer was larger.",
)


@dataclass(frozen=True)
class Step:
    """What is asked and what is right; `drawer` is the one that opens in this step, if any."""

    text: str
    answer: str
    drawer: int | None = None


@dataclass(frozen=True)
class Drawer:
    """What lies in it."""

    word: str
    counts: dict[str, int]


def draw_drawer(seed: str, number: int) -> Drawer:
    """The drawer of that number."""
    draw = random.Random(f"{seed} drawer {number}")  # noqa: S311 - differs per sample, not secret
    return Drawer(draw.choice(WORDS), {thing: draw.randrange(2, 100) for thing in THINGS})


def draw_errand(seed: str) -> list[Step]:
    """All steps; the first opens a drawer by its number."""
    draw = random.Random(f"{seed} errand")  # noqa: S311
    number, thing = draw.randrange(DRAWERS), draw.choice(THINGS)
    first = f"Open the drawer {number:03}. How many {thing} are in it?"
    steps = [Step(first, str(draw_drawer(seed, number).counts[thing]), number)]
    while len(steps) < STEPS:
        steps.append(_draw_step(seed, draw, steps))
    return steps


def _draw_step(seed: str, draw: random.Random, steps: list[Step]) -> Step:
    """A step that needs the answer of an early one, a late one, or what lay in a drawer."""
    numbers = [index for index, step in enumerate(steps, 1) if step.answer.isdigit()]
    opened = [index for index, step in enumerate(steps, 1) if step.drawer is not None]
    kind = draw.choice(("open", "open", "word", "backwards", "other", "sum", "larger"))
    thing = draw.choice(THINGS)
    if kind == "open":
        source = draw.choice(numbers[-6:])
        factor, plus = draw.randrange(3, 40), draw.randrange(1, 1000)
        number = (int(steps[source - 1].answer) * factor + plus) % DRAWERS
        fresh = all(step.drawer != number for step in steps)
        if fresh:
            text = draw.choice(OPEN).format(source=source, factor=factor, plus=plus, thing=thing)
            return Step(text, str(draw_drawer(seed, number).counts[thing]), number)
        kind = "other"
    if kind in {"sum", "larger"} and len(numbers) > 1:
        source, second = draw.sample(numbers, 2)
        one, two = (int(steps[index - 1].answer) for index in (source, second))
        if kind == "sum" and one + two < 10**6:
            return Step(draw.choice(SUM).format(source=source, second=second), str(one + two))
        if one != two:
            larger = source if one > two else second
            return Step(draw.choice(LARGER).format(source=source, second=second), str(larger))
    source = draw.choice(opened)
    drawer = draw_drawer(seed, steps[source - 1].drawer or 0)
    if kind == "word":
        return Step(draw.choice(WORD).format(source=source), drawer.word)
    if kind == "backwards":
        return Step(draw.choice(BACKWARDS).format(source=source), drawer.word[::-1])
    return Step(draw.choice(OTHER).format(source=source, thing=thing), str(drawer.counts[thing]))
