"""The network's records as rules read them, and the agent's actions that they belong to."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from harness.evidence import Evidence

SELF_TEST = "self-test"
AGENT = "agent"
Enforcement = Literal["allowed", "blocked", "simulated"]
_ENFORCED: Mapping[str, Enforcement] = {
    "refused": "blocked",
    "barred": "blocked",
    "sunk": "simulated",
}


@dataclass(frozen=True)
class Record:
    """One record of the warden's. `time` in seconds since 1970; `pointer` says where it stands.

    `data` is what it kept of what was sent, `unseen` how many bytes more there were at least.
    """

    pointer: str
    time: float
    kind: str
    source: str
    target: str
    port: int | None
    protocol: str
    name: str
    action: str
    data: bytes = b""
    unseen: int = 0

    @property
    def enforcement(self) -> Enforcement:
        """What became of it."""
        return _ENFORCED.get(self.action, "allowed")


# The log keeps 512 bytes of a packet: whoever fills them may have said more.
_SNAPPED_BYTES = 512 - 60 - 8


def network_records(evidence: Evidence) -> Iterator[Record]:
    """What the wardens saw of others than the harness, in the order of each log."""
    for sensor, rows in network_sensors(evidence).items():
        for number, row in enumerate(rows, start=1):
            if row.get("kind") != "end" and row.get("source") != SELF_TEST:
                yield _record(f"sensors/{sensor}.jsonl:{number}", row)


def network_sensors(evidence: Evidence) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """The logs of the sandbox's wardens by name."""
    return {name: rows for name, rows in evidence.sensors.items() if name.startswith("network")}


def first_test(evidence: Evidence) -> float:
    """When the wardens saw the harness's first self-test; 0 when they never did."""
    rows = evidence.sensors.get("network", ())
    tests = [float(str(row["time"])) for row in rows if row.get("source") == SELF_TEST]
    return min(tests, default=0.0)


def _record(pointer: str, row: Mapping[str, Any]) -> Record:
    try:
        data = base64.b64decode(row.get("data") or "", validate=True)
    except binascii.Error as error:
        msg = f"{pointer}: data is not base64"
        raise ValueError(msg) from error
    sent = row.get("bytes", row.get("sent_bytes", len(data)))
    if row["kind"] == "packet" and len(data) >= _SNAPPED_BYTES:
        sent = len(data) + 1
    protocol = row.get("protocol") or ("dns" if row["kind"] == "dns" else "tcp")
    return Record(
        pointer=pointer,
        time=float(row["time"]),
        kind=row["kind"],
        source=row["source"],
        target=row.get("target") or "",
        port=row.get("port"),
        protocol=protocol,
        name=row.get("name") or "",
        action=row["action"],
        data=data,
        unseen=max(0, int(sent) - len(data)),
    )


@dataclass(frozen=True)
class Action:
    """One tool call of the agent's."""

    time: float
    step: int
    id: str


@dataclass(frozen=True)
class Timeline:
    """What the agent did when."""

    actions: Sequence[Action]

    def at(self, time: float) -> tuple[int | None, str | None]:
        """Step and tool call that a record of that time belongs to: the latest that had begun.

        What a background process does belongs to the call that was made last.
        """
        number = bisect_right(self.actions, time, key=lambda each: each.time)
        if not number:
            return None, None
        return self.actions[number - 1].step, self.actions[number - 1].id


def seconds_of(time: str) -> float:
    """Seconds since 1970 of a log's time."""
    return datetime.fromisoformat(time).timestamp()


def timeline(evidence: Evidence) -> Timeline:
    """The agent's actions, from the event log."""
    actions = [
        Action(seconds_of(event["time"]), event["step"], event["id"])
        for event in evidence.events()
        if event["kind"] == "tool_call"
    ]
    return Timeline(sorted(actions, key=lambda each: each.time))
