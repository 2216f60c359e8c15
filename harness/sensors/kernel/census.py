"""Which process is in which container, also when it is gone by the time that somebody asks."""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path

from harness.sensors.kernel.netlink import ProcessEvent

_CONTAINER = re.compile(r"[0-9a-f]{64}")
# What the kernel says of a process may come after its end.
_KEPT_SECONDS = 10.0
# PF_EXITING in the kernel's include/linux/sched.h
_EXITING = 0x4


@dataclass
class Resident:
    """A process: its container (empty outside), and whether it is or may become root by right.

    `since` is when it began, or last began another program (seconds since 1970). `programs` counts
    those that it began since a setuid program of the system became root, that one included; None
    where there is no such thing.
    """

    container: str
    rooted: bool
    since: float = 0.0
    programs: int | None = None

    def child(self, since: float) -> Resident:
        """What a fork makes of it."""
        programs = None if self.programs is None else 1
        return Resident(self.container, self.rooted, since, programs)

    def begun(self, since: float) -> bool:
        """Begin a program; whether that is one which a setuid program of the system began as root."""
        self.since = since
        if self.programs is None or not self.rooted:
            return False
        self.programs += 1
        if self.programs == 1:
            return False
        self.programs = None
        return True


def container_of(pid: int) -> str:
    """The container that a process is in, empty for none. Raises OSError when it ends or is gone."""
    found = _CONTAINER.findall(Path(f"/proc/{pid}/cgroup").read_text())
    if found:
        return str(found[-1])
    # Cgroup v1 shows whoever is about to end outside of every container.
    after_name = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2]
    if int(after_name.split()[6]) & _EXITING:
        raise ProcessLookupError
    return ""


def _holds_root(pid: int) -> bool:
    """Whether any of a process' four user ids is 0. Raises OSError."""
    for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
        if line.startswith("Uid:"):
            return "0" in line.split()[1:]
    return False


class Census:
    """Follows forks from processes that are known; reads /proc only at an exec of others."""

    def __init__(self) -> None:
        self.forks: Counter[str] = Counter()
        self.execs: Counter[str] = Counter()
        self._known: dict[int, Resident] = {}
        self._dead: deque[tuple[float, int, Resident]] = deque()

    def scan(self) -> None:
        """Look at all processes whose container is not known."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                self._read(int(entry.name))

    def restart(self) -> None:
        """Begin anew: an event was lost, and numbers may have new owners."""
        self._known.clear()
        self._dead.clear()
        self.scan()

    def of(self, pid: int) -> Resident | None:
        """What is known of a process; None when nothing is."""
        return self._known.get(pid) or self._read(pid)

    def _read(self, pid: int) -> Resident | None:
        known = self._known.get(pid)
        if known and known.container:
            return known  # nobody leaves a container
        try:
            container = container_of(pid)
            found = Resident(container, bool(container) and _holds_root(pid))
        except OSError:
            return None
        self._known[pid] = found
        return found

    def note(self, event: ProcessEvent) -> Resident | None:
        """Follow an event; who it happened to, when it made a process of a container root.

        The caller sets `programs` to 0 where that need not mean anything yet; then the next program
        but one is told in the same way.
        """
        self._forget()
        known = self._known.get(event.pid)
        if event.kind == "fork":
            if known:
                self._known[event.other] = known.child(event.time)
                self.forks[known.container] += 1
            else:
                self._known.pop(event.other, None)
        elif event.kind == "exec":
            return self._began(event)
        elif event.kind == "exit" and known:
            self._dead.append((time.monotonic() + _KEPT_SECONDS, event.pid, known))
        elif event.kind == "uid" and known and known.container:
            return self._changed(event, known)
        elif event.kind == "uid" and known:
            self._read(event.pid)  # what enters a container changes its user there
        return None

    def _began(self, event: ProcessEvent) -> Resident | None:
        if found := self._read(event.pid):
            self.execs[found.container] += 1
            return found if found.begun(event.time) else None
        # Where it went, before it ended so soon, nobody can say: outside is no safe guess.
        self._known.pop(event.pid, None)
        return None

    def _changed(self, event: ProcessEvent, known: Resident) -> Resident | None:
        if 0 in event.uids:
            gained = not known.rooted
            known.rooted = True
            return known if gained else None
        try:
            known.rooted = known.rooted and _holds_root(event.pid)
        except OSError:
            known.rooted = False
        return None

    def _forget(self) -> None:
        now = time.monotonic()
        while self._dead and self._dead[0][0] < now:
            _, pid, resident = self._dead.popleft()
            if self._known.get(pid) is not resident:
                continue  # the number has a new owner
            if Path(f"/proc/{pid}").exists():
                # Its first thread ended, others go on.
                self._dead.append((now + _KEPT_SECONDS, pid, resident))
            else:
                del self._known[pid]
