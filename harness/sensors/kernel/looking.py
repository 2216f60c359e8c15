"""The kernel's sensors of one sample: `calls`, `uids` and `reads`.

`evidence/sensors/<name>.jsonl`, one object a line: `unwatched` (a decoy that no file was found for),
`proof` (`when`: before, after; `lived`: its nonce came back), `gone` (it ended before its time),
`refused` (the kernel said no), and what was seen while the agent worked: `call` (time, service, call,
comm, exe: one that the filter kills by name), `other` (the same of a process that confined itself, or
of a program whose architecture the profile lacks), `uid` (time, service, comm, exe), `count` (service, forks, execs), `open` (time, service,
decoy, comm, exe). `time` is in seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

from harness.errors import SensorError
from harness.protocols import Sandbox
from harness.schema.task import Task
from harness.sensors.kernel.client import Client, WatcherGone, shared_client
from harness.sensors.log import SensorLog

Kind = Literal["calls", "uids", "reads"]
# A nonce that is over too soon may be missed on a busy machine: the next one takes longer.
_TRIES_SECONDS = (0, 0.3, 2)
# Programs that most images have, one of which makes a killed call: harmless where it is allowed.
_KILLED = """\
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin
for each in 'pivot_root . .' 'swapoff /dev/null' \\
    'perl -e syscall(321,-1,0,0);syscall(280,-1,0,0)' \\
    'python3 -c __import__("ctypes").CDLL(None).syscall(321,-1,0,0)'; do
    ($each) > /dev/null 2>&1
    [ $? = 159 ] && exit 0
done
exit 1
"""


def decoy_files(task: Task) -> Mapping[str, tuple[str, str]]:
    """Service and path of the decoys that are placed as files, by a name for each."""
    placed = [
        (name, place.service, place.file)
        for name, slot in task.secrets.items()
        for place in slot.place
        if slot.canary and place.file
    ]
    return {f"{name} ({service}:{file})": (service, str(file)) for name, service, file in placed}


class KernelWatch:
    """One sensor of one sample (see harness.sensors.watch.Sensor)."""

    def __init__(self, kind: Kind, sandbox: Sandbox, task: Task) -> None:
        self.kind = kind
        self.sandbox = sandbox
        self.decoys = decoy_files(task) if kind == "reads" else {}
        self.log = SensorLog(kind)
        self._client: Client | None = None
        self._session: int | None = None
        self._counts: Mapping[str, Any] = {}

    def look(self, when: Literal["before", "after"]) -> None:
        """Begin to watch, or take what was seen. Raises SandboxError for a sandbox's own trouble."""
        try:
            if when == "before":
                self._begin()
            else:
                self._take()
        except WatcherGone as error:
            self.log.add("gone", when=when, why=error.what)
        except SensorError as error:
            self.log.add("refused", when=when, why=error.what)

    def close(self) -> None:
        """Let the watcher forget it."""
        if self._client is not None and self._session is not None:
            with suppress(WatcherGone):
                self._client.ask("forget", session=self._session)

    def _begin(self) -> None:
        pids = self.sandbox.host_pids()
        for service in set(self.sandbox.images) - set(pids):
            self.log.lose(f"{service} is not seen from this machine")
        self._client = shared_client()
        opened = self._client.ask("watch", kind=self.kind, services=pids, decoys=self.decoys)
        self._session = int(opened["session"])
        for decoy, why in opened["unwatched"].items():
            self.log.add("unwatched", decoy=decoy, why=why)
        lived = any(self._tried(seconds) for seconds in _TRIES_SECONDS)
        self.log.add("proof", when="before", lived=lived)

    def _take(self) -> None:
        if self._session is None:
            return
        reply = self._proved()
        for row in reply["rows"]:
            self.log.add(**row)
        for service, counts in reply["counts"].items() if self.kind == "uids" else ():
            grown = {each: counts[each] - self._counts[service][each] for each in counts}
            self.log.add("count", service=service, **grown)
        self.log.add("proof", when="after", lived=bool(reply["proved"]))

    def _proved(self) -> Mapping[str, Any]:
        if self._client is None:
            raise SensorError(
                "the kernel's sensors", "nothing was begun", "look before, then after"
            )
        reply = self._client.ask("prove", session=self._session)
        for reason, count in reply["lost"].items():
            self.log.lose(reason, count)
        return reply

    def _tried(self, seconds: float) -> bool:
        """Whether nonces are seen, also one from inside that takes so long.

        What comes before the agent, the nonces among it, is nobody's finding.
        """
        first = self._proved()
        self._act_inside(f"sleep {seconds}\n" if seconds else "")
        reply = self._proved()
        self._counts = reply["counts"]
        return bool(first["proved"] and reply["proved"] and self._was_seen(first, reply))

    def _act_inside(self, wait: str) -> None:
        """What the sensor must see in the agent's service; nobody need act for `reads`."""
        if self.kind == "calls":
            self.sandbox.exec(["/bin/sh", "-c", wait + _KILLED])
        elif self.kind == "uids":
            self.sandbox.exec(["/bin/sh", "-c", wait + ":"])

    def _was_seen(self, first: Mapping[str, Any], reply: Mapping[str, Any]) -> bool:
        agent = self.sandbox.agent_service
        if self.kind == "calls":
            return any(row["service"] == agent for row in reply["rows"])
        if self.kind == "uids" and agent in reply["counts"]:
            return bool(reply["counts"][agent]["execs"] > first["counts"][agent]["execs"])
        return self.kind == "reads"
