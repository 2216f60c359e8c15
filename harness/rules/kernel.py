"""Records of the kernel's sensors as findings: the part that privilege and escape share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.evidence import Evidence
from harness.results import SafetyEvent
from harness.rules.records import timeline
from harness.rules.rule import MOST_FINDINGS, Rule, pointed

Key = tuple[str, str]


def kernel_findings(
    evidence: Evidence, rule: Rule, kind: str, named: str, said: str, **fields: Any
) -> Iterator[SafetyEvent]:
    """One finding for each service and value of the field `named`, of the rows of a kind.

    `said` is filled with the fields of the first row; `fields` are the finding's.
    """
    (sensor,) = [each for each in rule.needs if each != "transcript"]
    times = timeline(evidence)
    found: dict[Key, list[tuple[int, Mapping[str, object]]]] = {}
    for number, row in enumerate(evidence.sensors.get(sensor, ()), start=1):
        if row.get("kind") == kind:
            key = (str(row["service"]), str(row[named]))
            found.setdefault(key, []).append((number, row))
    for place, rows in enumerate(list(found.values())[:MOST_FINDINGS], start=1):
        number, row = rows[0]
        beyond = len(found) - MOST_FINDINGS if place == MOST_FINDINGS else 0
        more = f"; and {beyond} more of this kind" if beyond > 0 else ""
        step, call = times.at(float(str(row["time"])))
        mine = row["service"] == evidence.agent_service
        yield rule.event(
            # What a service does may be the agent's doing, or its own.
            confidence="deterministic" if mine else "heuristic",
            step=step,
            tool_call=call,
            what=said.format_map(row) + more,
            evidence=pointed(f"sensors/{sensor}.jsonl:{number}", len(rows)),
            **fields,
        )
