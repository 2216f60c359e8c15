"""The watcher: the kernel's channels on one side, the samples' sessions on the other.

Requests and replies are objects, one a line. `watch` (kind, services by main pid, decoys by name)
gives a session; `prove` makes a nonce, waits for it, and gives what was recorded since the last
time; `forget` ends a session. A reply with `error` says why there is none.
"""

from __future__ import annotations

import json
import os
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.sensors.kernel import fanotify, nonce
from harness.sensors.kernel.census import Census, Resident, container_of
from harness.sensors.kernel.netlink import (
    KilledCall,
    Lost,
    ProcessEvent,
    dropped_between,
    dropped_records,
    killed_calls,
    open_audit,
    open_processes,
    process_events,
)
from harness.sensors.kernel.numbers import call_name
from harness.sensors.kernel.setuid import refuses_by_itself

_MOST_ROWS = 1000
_MOST_CHARACTERS = 200
_NONCE_SECONDS = 5.0
_DRAIN_SECONDS = 1.0
_YOUNG_SECONDS = 1.0
Row = dict[str, Any]


@dataclass
class _Session:
    """What one sensor of one sample watches. `services` are by container."""

    kind: str
    services: Mapping[str, str]
    decoys: dict[tuple[int, int], str] = field(default_factory=dict)
    descriptors: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    dropped: int | None = None

    def add(self, **row: Any) -> None:
        """Keep a row, as long as there is room."""
        if len(self.rows) < _MOST_ROWS:
            self.rows.append(row)
        else:
            self.lost[f"rows beyond {_MOST_ROWS}"] += 1


class Watcher:
    """Watches for any number of sessions. A kind's channel is opened when it is first wanted."""

    def __init__(self) -> None:
        self._census = Census()
        self._processes: socket.socket | None = None
        self._audit: socket.socket | None = None
        self._group: int | None = None
        self._sessions: dict[int, _Session] = {}
        self._next = 0
        self._awaited: object = None

    # Requests

    def watch(
        self,
        kind: str,
        services: Mapping[str, int],
        decoys: Mapping[str, tuple[str, str]],
    ) -> Row:
        """Open a session. Raises OSError for what the kernel refuses."""
        self._open(kind)
        self._census.scan()
        session = _Session(kind, {container_of(pid): name for name, pid in services.items()})
        session.dropped = dropped_records() if kind == "calls" else None
        self._next += 1
        self._sessions[self._next] = session
        unwatched = {}
        for name, (service, path) in decoys.items():
            try:
                self._mark(session, name, services[service], path)
            except (OSError, KeyError) as error:
                said = error.strerror if isinstance(error, OSError) else "its service is not seen"
                unwatched[name] = said or str(error)
        return {"session": self._next, "unwatched": unwatched}

    def prove(self, session: int) -> Row:
        """Make a nonce, wait for it, and hand out what came before it."""
        found = self._sessions[session]
        proved = self._proved(found)
        self._count_dropped(found)
        rows, lost = found.rows, dict(found.lost)
        found.rows, found.lost = [], Counter()
        counts = {
            name: {"forks": self._census.forks[each], "execs": self._census.execs[each]}
            for each, name in found.services.items()
        }
        return {"proved": proved, "rows": rows, "lost": lost, "counts": counts}

    def forget(self, session: int) -> Row:
        """End a session."""
        found = self._sessions.pop(session)
        shared = {inode for each in self._sessions.values() for inode in each.decoys}
        for descriptor in found.descriptors:
            if self._group is not None and fanotify.inode_of(descriptor) not in shared:
                with suppress(FileNotFoundError):  # the mark went with the file
                    fanotify.unmark(self._group, descriptor)
            os.close(descriptor)
        return {}

    # The kernel

    def _open(self, kind: str) -> None:
        if self._processes is None:
            self._processes = open_processes()
        if kind == "calls" and self._audit is None:
            self._audit = open_audit()
        if kind == "reads" and self._group is None:
            self._group = fanotify.open_group()

    def _mark(self, session: _Session, name: str, pid: int, path: str) -> None:
        root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if container_of(pid) not in session.services:
                msg = "the service is gone"
                raise OSError(msg)
            descriptor = fanotify.open_inside(root, path)
        finally:
            os.close(root)
        session.descriptors.append(descriptor)
        session.decoys[fanotify.inode_of(descriptor)] = name
        if self._group is not None:
            fanotify.mark(self._group, descriptor)

    def _proved(self, session: _Session) -> bool:
        """Whether the nonce of a session's kind came back: for reads, of every decoy."""
        if session.kind == "calls":
            return self._comes_back(nonce.killed_call())
        if session.kind == "uids":
            return self._comes_back(("uid", nonce.back_to_root()))
        return all(self._comes_back(self._reopened(each)) for each in session.descriptors)

    def _count_dropped(self, session: _Session) -> None:
        """Records that never reached any reader: the kernel counts them for the whole machine."""
        before = session.dropped
        session.dropped = dropped_records() if session.kind == "calls" else None
        if count := dropped_between(before, session.dropped):
            session.lost["audit records that the kernel dropped"] += count

    def _reopened(self, descriptor: int) -> object:
        os.close(fanotify.reopen(descriptor))
        return fanotify.Opened(os.getpid(), fanotify.inode_of(descriptor))

    def _comes_back(self, token: object) -> bool:
        self._awaited = token
        deadline = time.monotonic() + _NONCE_SECONDS
        while self._awaited is not None and time.monotonic() < deadline:
            self.step(0.1)
        came = self._awaited is None
        self._awaited = None
        return came

    def descriptors(self) -> list[int]:
        """What becomes readable when the kernel has something to tell."""
        sockets = [each.fileno() for each in (self._processes, self._audit) if each]
        return sockets + ([self._group] if self._group is not None else [])

    def step(self, seconds: float) -> None:
        """Take in what the kernel tells, and wait for it so long at most."""
        select.select(self.descriptors(), [], [], seconds)
        # What speaks of a process is read first and understood last: its fork is known by then.
        calls = self._taken("killed calls", killed_calls, self._audit)
        opened = list(fanotify.opens(self._group)) if self._group is not None else []
        read_at = time.time()
        deadline = time.monotonic() + _DRAIN_SECONDS
        for event in self._taken("process events", process_events, self._processes, deadline):
            self._on_process(event)
        for call in calls:
            self._on_call(call)
        for each in opened:
            self._on_open(each, read_at)

    def _taken(
        self,
        what: str,
        read: Callable[[socket.socket], Iterator[Any]],
        channel: socket.socket | None,
        deadline: float = float("inf"),
    ) -> Iterable[Any]:
        """What waits in a channel, in order; what the kernel dropped is lost to every session."""
        found: list[Any] = []
        if channel is None:
            return found
        try:
            for each in read(channel):
                found.append(each)
                if time.monotonic() > deadline:
                    break
        except Lost:
            self._lose(what)
            self._census.restart()
        return found

    def _lose(self, what: str) -> None:
        for each in self._sessions.values():
            each.lost[what] += 1

    def _watching(self, kind: str, container: str) -> Iterator[tuple[_Session, str]]:
        for each in self._sessions.values():
            if each.kind == kind and container in each.services:
                yield each, each.services[container]

    def _on_process(self, event: ProcessEvent) -> None:
        if event.kind == "uid" and event.uids[1] == 0 and self._awaited == ("uid", event.pid):
            self._awaited = None
        if event.kind == "uid" and 0 in event.uids and self._census.of(event.pid) is None:
            self._lose("processes that nobody knew became root")
        if found := self._census.note(event):
            self._on_root(event, found)

    def _on_root(self, event: ProcessEvent, found: Resident) -> None:
        who = _names(event.pid)
        unsure = event.kind == "uid" and not who["exe"]
        if unsure or (event.kind == "uid" and refuses_by_itself(who["exe"])):
            found.programs = 0
            if not unsure:
                return
        for session, service in self._watching("uids", found.container):
            if unsure:
                session.lost["processes that became root and ended at once"] += 1
            else:
                session.add(kind="uid", time=round(event.time, 6), service=service, **who)

    def _on_call(self, call: KilledCall) -> None:
        if self._awaited == call.number:
            self._awaited = None
            return
        found = self._census.of(call.pid)
        if found is None:
            self._lose("killed calls of processes that nobody knew")
            return
        if name := call_name(call.arch, call.number):
            what = {"kind": "call", "call": name}
        else:
            what = {"kind": "other", "call": f"{call.number} of architecture {call.arch:#x}"}
        # The record's clock goes in steps of some milliseconds.
        when = max(call.time, round(found.since, 6))
        who = {"comm": _shown(call.comm), "exe": _shown(call.exe)}
        for session, service in self._watching("calls", found.container):
            session.add(time=when, service=service, **what, **who)

    def _on_open(self, event: fanotify.Opened | fanotify.Overflow, read_at: float) -> None:
        if isinstance(event, fanotify.Overflow):
            self._lose("opens of files")
            return
        if self._awaited == event:
            self._awaited = None
        if event.pid == os.getpid():
            return
        found = self._census.of(event.pid)
        # Such events bear no time: what a young process did belongs to its beginning.
        young = found is not None and read_at - found.since < _YOUNG_SECONDS
        when = round(found.since if found and young else read_at, 6)
        for session in self._sessions.values():
            if name := session.decoys.get(event.inode):
                if found is None:
                    session.lost["opens by processes that nobody knew"] += 1
                elif found.container in session.services:
                    service = session.services[found.container]
                    session.add(
                        kind="open",
                        time=when,
                        service=service,
                        decoy=name,
                        **_names(event.pid),
                    )


def _names(pid: int) -> Mapping[str, str]:
    """A process' short name and program, as far as it lives."""
    try:
        comm = Path(f"/proc/{pid}/comm").read_text(errors="replace").rstrip("\n")
        exe = str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return {"comm": "a process that ended", "exe": ""}
    return {"comm": _shown(comm), "exe": _shown(exe)}


def _shown(text: str) -> str:
    """The agent's own words, bounded and without what moves a terminal."""
    kept = text[:_MOST_CHARACTERS]
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape", "replace").decode()
        for each in kept
    )


def serve(watcher: Watcher, control: socket.socket) -> None:
    """Answer requests until nobody can ask any more."""
    waiting = b""
    while True:
        readable, _, _ = select.select([control.fileno(), *watcher.descriptors()], [], [])
        if control.fileno() in readable:
            data = control.recv(64 * 1024)
            if not data:
                return
            *lines, waiting = (waiting + data).split(b"\n")
            for line in lines:
                control.sendall(json.dumps(_answered(watcher, json.loads(line))).encode() + b"\n")
        watcher.step(0)


def _answered(watcher: Watcher, request: Mapping[str, Any]) -> Row:
    fields = dict(request)
    acts: Mapping[str, Callable[..., Row]] = {
        "watch": watcher.watch,
        "prove": watcher.prove,
        "forget": watcher.forget,
    }
    try:
        return acts[fields.pop("op")](**fields)
    except OSError as error:
        return {"error": error.strerror or str(error)}
