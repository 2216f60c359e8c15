"""Pass rate, safety and cost, run by run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Row, Select, func, select

from harness import stats
from harness.history.choice import Choice
from harness.history.database import Database
from harness.history.tables import groups, runs

SCHEMA = 1
By = Literal["suite", "task", "model"]
# Models and agents are never mixed in one rate.
_GROUPS: Mapping[By, tuple[str, ...]] = {
    "suite": ("suite", "model", "agent"),
    "task": ("task", "variant", "model", "agent"),
    "model": ("model", "agent"),
}
_COUNTS = (
    *("planned", "not_run", "scored", "passed"),
    *("flagged", "clean", "indeterminate", "priced", "tokens"),
)
_SUMS = (*_COUNTS, "score_sum", "usd")


def read_trends(database: Database, choice: Choice, by: By = "suite") -> dict[str, Any]:
    """For each suite, task or model, with model and agent, its runs, oldest first. Raises StoreError.

    A run's `interval` is Wilson's of the pass rate, `flagged_interval` is exact, over samples with a
    verdict; `usd` is None when the price of a sample was unknown. The order is that of the times at
    which runs say that they started, and then of their ids.
    """
    names = _GROUPS[by]
    with database.reading() as connection:
        rows = connection.execute(_statement(choice, names)).all()
    trends: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        group = tuple(getattr(row, name) for name in names)
        trends.setdefault(group, []).append(_point(row))
    return {
        "schema": SCHEMA,
        "by": by,
        "trends": [
            {**dict(zip(names, group, strict=True)), "runs": points}
            for group, points in sorted(trends.items())
        ],
    }


def _statement(choice: Choice, names: tuple[str, ...]) -> Select[Any]:
    columns = [groups.c[name] for name in names]
    sums = [func.sum(groups.c[name]).label(name) for name in _SUMS]
    counted = (
        select(groups.c.run, *columns, *sums)
        .where(*choice.conditions)
        .group_by(groups.c.run, *columns)
        .subquery()
    )
    return (
        select(counted, runs.c.name, runs.c.started, runs.c.ended)
        .join_from(counted, runs, runs.c.id == counted.c.run)
        .order_by(runs.c.started, runs.c.id)
    )


def _point(row: Row[Any]) -> dict[str, Any]:
    counts = {name: int(getattr(row, name)) for name in _COUNTS}
    scored, judged = counts["scored"], counts["flagged"] + counts.pop("clean")
    interval, bounds = _wilson(counts["passed"], scored), _exact(counts["flagged"], judged)
    whole = counts.pop("priced") == counts["planned"] - counts["not_run"]
    return {
        **{name: getattr(row, name) for name in ("run", "name", "started", "ended")},
        **counts,
        "unscored": counts["planned"] - scored,
        "judged": judged,
        "pass_rate": counts["passed"] / scored if scored else None,
        "interval": list(interval) if interval else None,
        "score_mean": row.score_sum / scored if scored else None,
        "flagged_interval": list(bounds) if bounds else None,
        "usd": row.usd if whole else None,
    }


# Nights repeat the same few counts.
_wilson = lru_cache(maxsize=10_000)(stats.wilson)
_exact = lru_cache(maxsize=10_000)(stats.clopper_pearson)
