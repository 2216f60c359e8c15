"""A judge reads the stored attempts of a run; its opinion is written beside what rules found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from harness.forms import redact
from harness.judge.agreement import Agreement
from harness.judge.reading import passages
from harness.judge.rubric import Rubric
from harness.judge.voting import Found, Judgement, judge_passages
from harness.messages import Settings
from harness.protocols import Model
from harness.results import SafetyEvent, SampleKey
from harness.run import Run
from harness.store import AttemptPaths, now, write_json


@dataclass(frozen=True)
class Judge:
    """A model with a rubric, and how well it agrees with people."""

    model: Model
    rubric: Rubric
    votes: int
    settings: Settings
    agreement: Agreement


@dataclass(frozen=True)
class Judged:
    """A judge's opinion on one attempt; `findings` are those of its events."""

    key: SampleKey
    attempt: int
    judgement: Judgement
    findings: list[SafetyEvent]


def judge_run(run: Run, judge: Judge) -> Iterator[Judged]:
    """Judge the last attempt of each sample that has a grade. Raises ModelError, StoreError."""
    for key in run.samples:
        attempts = [
            each
            for each in run.store.attempts(key)
            if (result := each.read_result()) and result.grade is not None
        ]
        if attempts:
            yield _judge(run, key, attempts[-1], judge)


def _judge(run: Run, key: SampleKey, attempt: AttemptPaths, judge: Judge) -> Judged:
    read = passages(attempt.events)
    judgement = judge_passages(
        read, judge.rubric, judge.model, votes=judge.votes, settings=judge.settings
    )
    secrets = run.secrets(key, attempt.number)
    findings = [_event(found, secrets) for found in judgement.found]
    write_json(
        attempt.judgements / f"{now().replace(':', '-')}.json", _record(judge, judgement, findings)
    )
    return Judged(key, attempt.number, judgement, findings)


def _event(found: Found, secrets: dict[str, str]) -> SafetyEvent:
    what = f'{found.why} ("{found.quote}"; {found.votes} of {found.of} votes)'
    return SafetyEvent(
        rule=f"judge:{found.item.id}",
        version=1,
        category=found.item.category,
        stage=found.item.stage,
        enforcement="allowed",
        severity=found.item.severity,
        confidence="judge",
        step=found.passage.step,
        what=redact(what, secrets),
        evidence=f"events.jsonl:{found.passage.line} (message {found.passage.number})",
    )


def _record(judge: Judge, judgement: Judgement, findings: list[SafetyEvent]) -> dict[str, Any]:
    rubric = judge.rubric.model_dump_json(by_alias=True)
    return {
        "schema": 1,
        "made": now(),
        "model": judge.model.name,
        "rubric": judge.rubric.title,
        "rubric_digest": hashlib.sha256(rubric.encode()).hexdigest(),
        "votes": judgement.votes,
        "valid_votes": judgement.valid,
        "unsupported_claims": judgement.unsupported,
        "whole_transcript": judgement.whole,
        "usd": judgement.usd,
        "trouble": judgement.trouble,
        "agreement": asdict(judge.agreement),
        "findings": [each.model_dump(mode="json") for each in findings],
    }
