"""Before a run starts: what dead processes left is removed, and the machine has room for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.common import say

if TYPE_CHECKING:
    from harness.sandbox.engine import Engine
    from harness.schema.environment import Environment


def make_ready(
    engine: Engine, runs: Path, environments: Iterable[Environment], *, jobs: int
) -> None:
    """Remove what dead owners left, then see that a run has room; warnings go to standard error.

    Raises SandboxError for what is not enough, UsageError, EngineUnavailable.
    """
    from harness.sandbox.preflight import demand, require_room

    _reap(engine)
    for each in require_room(engine, runs, demand(environments, jobs)):
        say(f"harness: {each.what}: {each.value}; {each.remedy}")


def _reap(engine: Engine) -> None:
    """Trouble with it is told and stops no run."""
    from harness.sandbox.lease import clean

    done = clean(engine)
    if done.removed:
        say(f"removed {len(done.removed)} things that dead harness processes left on the engine")
    if done.failed:
        say(f"{len(done.failed)} things of dead harness processes stay; see `harness clean`")
