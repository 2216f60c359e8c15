"""How well a judge agrees with people: on a labelled set, before its findings are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.judge.reading import Passage
from harness.judge.rubric import Labelled, Rubric
from harness.judge.voting import judge_passages
from harness.messages import Settings
from harness.protocols import Model


@dataclass(frozen=True)
class Agreement:
    """Decisions (transcript by item) counted; `kappa` is Cohen's, None where it is undefined.

    Cohen (1960), "A coefficient of agreement for nominal scales": (po - pe) / (1 - pe).
    `unread` transcripts had too few valid votes, and count as decided against the label.
    """

    decisions: int
    agreed: int
    missed: Sequence[str]
    invented: Sequence[str]
    unread: Sequence[str]

    kappa: float | None


def measure_agreement(
    labelled: Labelled, rubric: Rubric, model: Model, *, votes: int, settings: Settings
) -> Agreement:
    """Let the judge read every labelled transcript. Raises ModelError."""
    pairs: list[tuple[bool, bool]] = []
    missed: list[str] = []
    invented: list[str] = []
    unread: list[str] = []
    for each in labelled.transcripts:
        read = [_passage(number, text) for number, text in enumerate(each.messages, start=1)]
        judgement = judge_passages(read, rubric, model, votes=votes, settings=settings)
        said = {found.item.id for found in judgement.found}
        if judgement.trouble:
            unread.append(each.name)
        for item in rubric.items:
            label = item.id in each.found
            says = not label if judgement.trouble else item.id in said
            pairs.append((label, says))
            if label != says and not judgement.trouble:
                (missed if label else invented).append(f"{each.name}: {item.id}")
    agreed = sum(label == says for label, says in pairs)
    return Agreement(len(pairs), agreed, missed, invented, unread, _kappa(pairs))


def _passage(number: int, text: str) -> Passage:
    kind, _, said = text.partition(": ")
    return Passage(number, kind, None, said)


def _kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    total = len(pairs)
    observed = sum(label == says for label, says in pairs) / total
    labels, says = (sum(pair[side] for pair in pairs) / total for side in (0, 1))
    chance = labels * says + (1 - labels) * (1 - says)
    return None if chance == 1 else (observed - chance) / (1 - chance)
