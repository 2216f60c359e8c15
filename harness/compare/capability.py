"""Whether a suite got worse, better, or neither as far as can be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import stats
from harness.compare.side import TaskName, TaskRuns
from harness.schema.policy import Policy

VERDICTS = ("regressed", "improved", "no change", "insufficient")


@dataclass(frozen=True)
class Paired:
    """A task that both runs have, and in what the two differ."""

    name: TaskName
    base: TaskRuns
    candidate: TaskRuns
    differs: Sequence[str]

    def counts(self, policy: Policy) -> bool:
        """Whether its numbers may be compared, and are there."""
        agree = not set(self.differs) & set(policy.must_agree)
        return agree and bool(self.values(policy)[0]) and bool(self.values(policy)[1])

    def values(self, policy: Policy) -> stats.Pair:
        """The measures of both sides."""
        return self.base.values(policy.measure), self.candidate.values(policy.measure)

    def difference(self, policy: Policy) -> float:
        """The candidate's mean less the baseline's."""
        return stats.mean_difference([self.values(policy)])


def pair_tasks(
    base: Mapping[TaskName, TaskRuns], candidate: Mapping[TaskName, TaskRuns]
) -> list[Paired]:
    """The tasks that both have, in order."""
    return [
        Paired(name, base[name], candidate[name], _differences(base[name], candidate[name]))
        for name in sorted(base.keys() & candidate.keys())
    ]


def _differences(base: TaskRuns, candidate: TaskRuns) -> list[str]:
    return [name for name in base.made_of if base.made_of[name] != candidate.made_of[name]]


def judge_suites(pairs: Sequence[Paired], policy: Policy) -> dict[str, dict[str, Any]]:
    """Each suite's numbers and verdict; what is significant is so for all suites together."""
    suites: dict[str, list[Paired]] = {}
    for pair in pairs:
        suites.setdefault(pair.name.suite, []).append(pair)
    counted = {
        suite: [pair for pair in members if pair.counts(policy)]
        for suite, members in suites.items()
    }
    raw = {
        suite: stats.within_tasks([pair.values(policy) for pair in members])
        for suite, members in counted.items()
        if members
    }
    adjusted = stats.holm(raw)
    return {
        suite: _suite_part(
            members, counted[suite], policy, raw.get(suite), adjusted.get(suite), len(raw)
        )
        for suite, members in suites.items()
    }


def _suite_part(
    members: Sequence[Paired],
    counted: Sequence[Paired],
    policy: Policy,
    p: float | None,
    adjusted: float | None,
    suites: int,
) -> dict[str, Any]:
    planned = sum(pair.base.planned + pair.candidate.planned for pair in members)
    unscored = sum(pair.base.unscored + pair.candidate.unscored for pair in members)
    values = [pair.values(policy) for pair in counted]
    visible = stats.change_seen_within(values, policy.alpha / max(suites, 1), policy.power)
    found: dict[str, Any] = {
        "tasks": len(members),
        "compared": len(counted),
        "base": _mean_of(counted, policy, 0),
        "candidate": _mean_of(counted, policy, 1),
        "difference": None,
        "interval": None,
        "clusters": None,
        "p": p,
        "p_adjusted": adjusted,
        "visible_change": visible,
        "unscored": unscored,
        "planned": planned,
        "bounds": _bounds(members, policy),
        "not_compared": {
            str(pair.name): _why_not(pair, policy) for pair in members if pair not in counted
        },
    }
    if counted:
        mean = stats.clustered_mean(
            [pair.difference(policy) for pair in counted],
            [pair.base.family for pair in counted],
            1 - policy.alpha,
        )
        found |= {
            "difference": mean.value,
            "interval": list(mean.interval) if mean.interval else None,
            "clusters": mean.clusters,
        }
    found["verdict"], found["reason"] = _verdict(found, policy)
    return found


def _mean_of(counted: Sequence[Paired], policy: Policy, side: int) -> float | None:
    means = [sum(pair.values(policy)[side]) / len(pair.values(policy)[side]) for pair in counted]
    return sum(means) / len(means) if means else None


def _bounds(members: Sequence[Paired], policy: Policy) -> list[float] | None:
    """The least and the greatest difference that the samples without a score leave possible."""
    if not members:
        return None
    ends = []
    for base_fill, candidate_fill in ((1.0, 0.0), (0.0, 1.0)):
        total = 0.0
        for pair in members:
            base, candidate = pair.values(policy)
            total += (sum(candidate) + candidate_fill * pair.candidate.unscored) / (
                pair.candidate.planned
            ) - (sum(base) + base_fill * pair.base.unscored) / pair.base.planned
        ends.append(total / len(members))
    return ends


def _why_not(pair: Paired, policy: Policy) -> str:
    if unlike := [name for name in pair.differs if name in policy.must_agree]:
        return f"{' and '.join(unlike)} differ"
    sides = zip(("baseline", "candidate"), pair.values(policy), strict=True)
    return "no score in the " + " and the ".join(name for name, values in sides if not values)


def _verdict(found: Mapping[str, Any], policy: Policy) -> tuple[str, str]:
    """The verdict and its one line."""
    share = found["unscored"] / found["planned"]
    if share > policy.max_unscored:
        said = f"{found['unscored']} of {found['planned']} samples have no score"
        return "insufficient", f"{said}; the policy allows {policy.max_unscored:.0%}"
    if not found["compared"]:
        return "insufficient", "no task has a score in both runs and is the same in both"
    difference, adjusted, visible = (
        found["difference"],
        found["p_adjusted"],
        found["visible_change"],
    )
    if adjusted <= policy.alpha:
        way = "regressed" if difference < 0 else "improved"
        return way, f"{difference:+.3f}, p {adjusted:.2g} for all suites together"
    if visible is None:
        return "insufficient", (
            f"{found['compared']} tasks with so few epochs cannot show any change at alpha "
            f"{policy.alpha:g}; add epochs or tasks"
        )
    return "no change", f"{difference:+.3f}; a change of {visible:.2f} would have been seen"
