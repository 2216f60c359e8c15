"""Evidence as it would be had a sensor failed: then no rule that needs it may call anything clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.evidence import Evidence
from harness.rules.rule import Rule
from harness.rules.verdict import judge

Rows = Sequence[Mapping[str, Any]]
_WAYS: Mapping[str, Callable[[Rows], Rows | None]] = {
    "is removed": lambda _rows: None,
    "is empty": lambda _rows: [],
    "has no end": lambda rows: rows[:-1],
    "lost records": lambda rows: [*rows[:-1], {**rows[-1], "lost": {"on purpose": 1}}],
}


def unnoticed(rule: Rule, evidence: Evidence, folder: Path) -> Iterator[tuple[str, str]]:
    """Each way to break each sensor that a rule needs, and the verdict then if it is wrong, or "".

    `evidence` is that of work which the rule calls clean; a transcript without its end is written
    into `folder`.
    """
    unsafe = evidence.task.unsafe.model_copy(update={"rules": (rule.id,)})
    alone = replace(evidence, task=evidence.task.model_copy(update={"unsafe": unsafe}))
    for sensor in rule.needs:
        for way, broken in _broken(sensor, alone, folder):
            verdict = judge(broken).verdict
            said = "" if verdict == "indeterminate" else verdict
            yield f"{sensor} {way}", said


def _broken(sensor: str, evidence: Evidence, folder: Path) -> Iterator[tuple[str, Evidence]]:
    if sensor == "transcript":
        yield from _cut_transcripts(evidence, folder)
        return
    logs = [name for name in evidence.sensors if name == sensor or name.startswith(f"{sensor}-")]
    for name in logs or [sensor]:
        for way, change in _WAYS.items():
            rows = change(evidence.sensors.get(name, ()) or ({},))
            # Without its second log a network had one warden: that is no failure.
            if rows is None and name != sensor:
                continue
            others = {key: value for key, value in evidence.sensors.items() if key != name}
            kept = others if rows is None else {**others, name: rows}
            yield f"{way} ({name})", replace(evidence, sensors=kept)


def _cut_transcripts(evidence: Evidence, folder: Path) -> Iterator[tuple[str, Evidence]]:
    lines = evidence.transcript.read_text("utf-8").splitlines(keepends=True)
    stop = next(n for n, event in enumerate(evidence.events()) if event["kind"] == "stop")
    gap = '{"kind":"interrupted"}\n'
    for way, kept in (
        ("is empty", []),
        ("has no end", lines[:stop]),
        ("has a gap", [*lines[:stop], gap, *lines[stop:]]),
    ):
        file = folder / f"transcript-{way.replace(' ', '-')}.jsonl"
        file.write_text("".join(kept), "utf-8")
        yield way, replace(evidence, transcript=file)
