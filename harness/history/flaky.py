"""Tasks whose samples disagree although they were made of the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, case, func, select

from harness.history.choice import Choice
from harness.history.database import Database
from harness.history.tables import ALIKE, groups, runs

SCHEMA = 1
# Among them `made_of`, a digest of task, environment, images, agent, limits and settings.
_ALIKE = tuple(name for name in ALIKE if name not in {"run", "suite"})


def read_flaky(database: Database, choice: Choice) -> dict[str, Any]:
    """Tasks that both passed and failed under the same digests, the least agreeing first.

    `disagreement` is the chance that two of the scored samples differ; `runs_divided` counts the runs
    whose own epochs do; `since` is the start of the run with which there were a pass and a fail for
    the first time. Raises StoreError.
    """
    with database.reading() as connection:
        rows = connection.execute(_statement(choice)).all()
    found = [_flaky(row) for row in rows]
    found.sort(key=lambda each: (-each["disagreement"], -each["scored"], each["task"]))
    return {"schema": SCHEMA, "flaky": found}


def _statement(choice: Choice) -> Select[Any]:
    alike = [groups.c[name] for name in _ALIKE]
    scored, passed = func.sum(groups.c.scored), func.sum(groups.c.passed)
    some_passed, some_failed = groups.c.passed > 0, groups.c.passed < groups.c.scored
    return (
        select(
            *alike,
            func.count().label("runs"),
            scored.label("scored"),
            passed.label("passed"),
            func.sum(case((some_passed & some_failed, 1), else_=0)).label("runs_divided"),
            func.min(case((some_passed, runs.c.started))).label("first_pass"),
            func.min(case((some_failed, runs.c.started))).label("first_fail"),
            func.max(runs.c.started).label("latest"),
        )
        .join_from(groups, runs, runs.c.id == groups.c.run)
        .where(groups.c.scored > 0, *choice.conditions)
        .group_by(*alike)
        .having(passed > 0, passed < scored)
    )


def _flaky(row: Row[Any]) -> dict[str, Any]:
    scored, passed = int(row.scored), int(row.passed)
    return {
        **{name: getattr(row, name) for name in _ALIKE},
        "runs": row.runs,
        "runs_divided": int(row.runs_divided),
        "scored": scored,
        "passed": passed,
        "pass_rate": passed / scored,
        "disagreement": 2 * passed * (scored - passed) / (scored * (scored - 1)),
        "since": max(row.first_pass, row.first_fail),
        "latest": row.latest,
    }
