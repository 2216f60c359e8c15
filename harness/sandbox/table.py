"""What runs in a container, by the engine, and where this machine sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.sandbox.container import Container
from harness.sandbox.engine import engine_errors

_COLUMNS = "pid,ppid,uid,args"


def process_table(container: Container) -> Iterator[dict[str, Any]]:
    """One row for each process, frozen or not: pid, parent (of the engine's machine), uid, command.

    Raises SandboxError.
    """
    with engine_errors(container.where):
        table = container.engine.api.top(container.id, f"-ww -eo {_COLUMNS}")
    for pid, parent, uid, command in table["Processes"]:
        yield {"pid": int(pid), "parent": int(parent), "uid": int(uid), "command": command}


def host_pid(container: Container) -> int | None:
    """Its main process, when this machine is the engine's: the kernel names the container then."""
    with engine_errors(container.where):
        pid = int(container.engine.api.inspect_container(container.id)["State"]["Pid"])
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return None
    return pid if pid and container.id in groups else None
