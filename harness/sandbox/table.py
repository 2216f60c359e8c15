"""What runs in a container, by the engine, and where this machine sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.sandbox.container import Container
from harness.sandbox.engine import engine_errors

_COLUMNS = "pid,ppid,uid,stat,args"


def process_table(container: Container) -> Iterator[dict[str, Any]]:
    """One row for each process, frozen or not: pid, parent (of the engine's machine), uid, command.

    `first` is the container's first process, which takes in orphans; `state` as ps tells it.
    A container that has ended has none. Raises SandboxError.
    """
    first = _main_pid(container)
    if not first:
        return
    with engine_errors(container.where):
        table = container.engine.api.top(container.id, f"-ww -eo {_COLUMNS}")
    for number, parent, uid, state, command in table["Processes"]:
        pid = int(number)
        row = {"pid": pid, "parent": int(parent), "first": pid == first, "uid": int(uid)}
        yield {**row, "state": state, "command": command}


def host_pid(container: Container) -> int | None:
    """Its main process, when this machine is the engine's: the kernel names the container then."""
    pid = _main_pid(container)
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return None
    return pid if pid and container.id in groups else None


def _main_pid(container: Container) -> int:
    with engine_errors(container.where):
        return int(container.engine.api.inspect_container(container.id)["State"]["Pid"])
