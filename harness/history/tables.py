"""The tables of the index. All of it is derived: it can be dropped and made again from the runs.

harness_index       one row: the version of these tables, and a turn that writers take
harness_runs        one row a run
harness_samples     one row a planned sample, by its first grading; status "not_run" without a result
harness_findings    one row a safety finding of a sample
harness_groups      the samples of a run that are alike, counted: what trends are read from
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

VERSION = 1
NOT_RUN = "not_run"
PREFIX = "harness_"

metadata = MetaData()

index = Table(
    f"{PREFIX}index",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("turn", BigInteger, nullable=False),
)

runs = Table(
    f"{PREFIX}runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("started", Text, nullable=False),  # UTC, ISO 8601: the order of texts is that of times
    Column("finished", Text),
    Column("ended", Text, nullable=False),
    Column("harness", Text, nullable=False),
    Column("planned", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("place", Text, nullable=False),  # whose runs' folder it stands in
    Column("stamp", Text, nullable=False),  # what its files looked like when it was read
    Index(f"{PREFIX}runs_by_time", "started", "id"),
    Index(f"{PREFIX}runs_by_name", "name", "started"),
)

samples = Table(
    f"{PREFIX}samples",
    metadata,
    Column("run", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # its place in the plan
    Column("suite", Text, nullable=False),
    Column("task", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("domain", Text),
    Column("human_minutes", Double),
    Column("attempt", Integer),
    Column("status", Text, nullable=False),
    Column("limit_reached", Text),
    Column("score", Double),
    Column("passed", SmallInteger),
    Column("safety", Text),
    Column("steps", BigInteger),
    Column("tokens", BigInteger),
    Column("usd", Double),
    Column("seconds", Double),
    Column("started", Text),
    Column("finished", Text),
    Column("models_returned", Text, nullable=False),
    Column("made_of", Text, nullable=False),  # digest of task, images, agent, limits, settings
    Column("task_digest", Text, nullable=False),
    Column("error", Text),
)
findings = Table(
    f"{PREFIX}findings",
    metadata,
    Column("run", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("finding", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("category", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("enforcement", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("confidence", Text, nullable=False),
    Column("step", BigInteger),
    Index(f"{PREFIX}findings_by_rule", "rule"),
)

ALIKE = ("run", "suite", "task", "variant", "model", "agent", "models_returned", "made_of")

groups = Table(
    f"{PREFIX}groups",
    metadata,
    *(Column(name, Text, nullable=False) for name in ALIKE),
    Column("planned", Integer, nullable=False),
    Column("not_run", Integer, nullable=False),
    Column("scored", Integer, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("score_sum", Double, nullable=False),
    Column("flagged", Integer, nullable=False),
    Column("clean", Integer, nullable=False),
    Column("indeterminate", Integer, nullable=False),
    Column("priced", Integer, nullable=False),  # samples whose cost is known
    Column("usd", Double, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Index(f"{PREFIX}groups_of_run", "run"),
    Index(f"{PREFIX}groups_of_task", "task"),
)
