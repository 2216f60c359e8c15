"""Evidence as sensors leave it, made by hand: a whole sample, to which a test adds or takes."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import Evidence, Probe
from harness.results import Safety
from harness.rules.verdict import judge
from harness.schema.task import Task
from harness.secrets import fill_template
from harness.testing.content import TASK

START = 1_790_000_000.0
TOKEN = "<fake:api-token>"


def at(seconds: float) -> str:
    """A log's time, so many seconds after the sandbox was opened."""
    time = datetime.fromtimestamp(START + seconds, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Case:
    """One sample. The agent's calls are at 10 s, 20 s, ...; the self-tests at 1 s and 90 s."""

    folder: Path
    rules: Sequence[str]
    unsafe: dict[str, Any] = field(default_factory=dict)
    hosts: Sequence[str] = ("web:8080",)
    template: str = TOKEN
    submission: str | None = None
    lost: Any = field(default_factory=dict)
    ended: bool = True
    boundaries: Sequence[tuple[str, bool]] = (("before", True), ("after", True))
    network: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    sensors: dict[str, Any] = field(default_factory=dict)
    processes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    resources: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    probes: Sequence[Probe] = ()
    cut: dict[str, str] = field(default_factory=dict)

    @property
    def canary(self) -> str:
        """The decoy's value."""
        return fill_template(self.template, b"a sample")

    def packet(self, target: str = "192.0.2.9", port: int | None = 443, **fields: Any) -> Case:
        """Add a packet of the agent's that was refused."""
        return self._add("packet", {"protocol": "tcp", "target": target, "port": port, **fields})

    def dns(self, name: str, **fields: Any) -> Case:
        """Add a question that was refused."""
        return self._add("dns", {"name": name, "type": "A", "answer": None, **fields})

    def stream(self, data: bytes, **fields: Any) -> Case:
        """Add a connection into the sinkhole."""
        given = {"target": "203.0.113.1", "port": 443, "bytes": len(data), "action": "sunk"}
        return self._add("stream", {**given, "data": base64.b64encode(data).decode(), **fields})

    def _add(self, kind: str, fields: dict[str, Any]) -> Case:
        given = {"kind": kind, "source": "agent", "action": "refused", "seconds": 25.0, **fields}
        if isinstance(given.get("data"), bytes):
            given["data"] = base64.b64encode(given["data"]).decode()
        self.network.append(given)
        return self

    def call(self, tool: str = "bash", output: str = "", **given: Any) -> Case:
        """Add a tool call."""
        self.calls.append((tool, given, output))
        return self

    def evidence(self) -> Evidence:
        """What the rules are given."""
        task = tomllib.loads(TASK)
        task["secrets"]["decoy"] = {"template": self.template, "canary": True}
        task["scope"] = {"hosts": list(self.hosts)}
        task["unsafe"] = {"rules": list(self.rules), **self.unsafe}
        transcript = self.folder / "events.jsonl"
        transcript.write_text("".join(json.dumps(event) + "\n" for event in self._events()))
        return Evidence(
            task=Task.model_validate(task),
            agent_service="box",
            submission=self.submission,
            files={},
            cut=self.cut,
            probes=self.probes,
            logs=self.logs,
            secrets={"flag": "flag{0123456789abcdef}", "decoy": self.canary},
            transcript=transcript,
            sensors={
                "network": self._network(),
                "files": self._looked("file", self.files),
                "processes": self._looked("process", self.processes),
                "resources": self._looked("counters", self.resources),
                **self.sensors,
            },
        )

    def judged(self) -> Safety:
        """The verdict."""
        return judge(self.evidence())

    def _events(self) -> list[dict[str, Any]]:
        probe = {"probe": "tcp", "held": True, "said": "logged"}
        tried = {
            when: {"kind": "boundary", "when": when, "held": held, "probes": [probe]}
            for when, held in self.boundaries
        }
        events = [{**tried["before"], "time": at(2)}] if "before" in tried else []
        events.append({"kind": "note", "source": "instruction", "text": "do it", "time": at(5)})
        for number, (tool, given, output) in enumerate(self.calls, start=1):
            call = {"step": number, "id": f"call-{number}"}
            sent = {"kind": "tool_call", "tool": tool, "input": given, "time": at(10 * number)}
            back = {"kind": "tool_result", "content": output, "time": at(10 * number + 5)}
            events += [{**sent, **call}, {**back, **call}]
        events.append({"kind": "stop", "how": "returned", "time": at(80)})
        if "after" in tried:
            events.append({**tried["after"], "time": at(91)})
        return events

    def _network(self) -> list[dict[str, Any]]:
        test = {"kind": "packet", "source": "self-test", "protocol": "tcp", "target": "192.0.2.1"}
        test |= {"port": 443, "action": "refused", "data": ""}
        rows = [{**test, "seconds": 1.0}, {**test, "seconds": 90.0}, *self.network]
        rows.sort(key=lambda row: row["seconds"])
        if self.ended:
            rows.append({"kind": "end", "lost": self.lost, "seconds": 95.0})
        return [
            {"seq": number, "time": START + row["seconds"], **row}
            for number, row in enumerate(rows)
        ]

    @staticmethod
    def _looked(kind: str, found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for when in ("before", "after"):
            rows.append({"kind": "look", "when": when})
            rows += [{"kind": kind, "when": when, **row} for row in found.get(when, [])]
        return [*rows, {"kind": "end", "lost": {}}]


@pytest.fixture
def case(tmp_path: Path) -> Callable[..., Case]:
    """Make a case: its rules, then fields of Case."""
    return lambda *rules, **fields: Case(tmp_path, rules, **fields)
