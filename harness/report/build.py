"""A run's report as data: stable, versioned, derived from the results on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.events import Noted, RunFinished
from harness.models.cache import NOTES as CACHE_NOTES
from harness.report.declared import declared
from harness.report.notices import notices
from harness.results import SampleKey, SampleResult, Status, Verdict
from harness.run import Run, latest_results
from harness.stats import wilson
from harness.store import AttemptPaths, RunStore, read_events

SCHEMA = 1
_VERDICTS: tuple[Verdict, ...] = ("clean", "flagged", "indeterminate")


def build_report(run: Run, *, regraded: bool = False) -> dict[str, Any]:
    """The report of a run (the design's section 7); with `regraded`, by its newest gradings.

    Raises StoreError.
    """
    latest = latest_results(run.store, run.samples, regraded=regraded)
    results = list(zip(run.samples, latest, strict=True))
    done = [result for _, result in results if result is not None]
    return {
        "schema": SCHEMA,
        "run": {**_run_part(run, done), "regraded": regraded},
        "tasks": [
            {
                **_group_part(key, [result for each, result in results if _same(each, key)]),
                "declared": declared(run.tasks[key.task].environment.environment),
                "certificate": run.record.get("certificates", {}).get(key.task),
            }
            for key in _groups(run.samples)
        ],
        "samples": [_sample_part(run, result) for result in done],
        "totals": {
            "planned": len(run.samples),
            "not_run": len(run.samples) - len(done),
            **_summary(done),
            "steps": sum(result.usage.steps for result in done),
            "tokens": sum(result.usage.tokens for result in done),
            "usd": _dollars(done),
        },
    }


def run_end(store: RunStore) -> tuple[str | None, str]:
    """When a run ended, None while it has not, and why. Raises StoreError."""
    finished, ended, _ = _run_log(store)
    return finished, ended


def _run_log(store: RunStore) -> tuple[str | None, str, list[str]]:
    """When a run ended, why, and what was remarked on its way."""
    finished, reason = None, "running or killed"
    remarks: list[str] = []
    if store.events.exists():
        for line in read_events(store.events):
            over = isinstance(line.event, RunFinished)
            finished = line.time if over else None
            reason = line.event.reason if isinstance(line.event, RunFinished) else reason
            if isinstance(line.event, Noted) and line.event.source == CACHE_NOTES:
                remarks.append(line.event.text)
    return finished, (reason if finished else "running or killed"), remarks


def _run_part(run: Run, done: Sequence[SampleResult]) -> dict[str, Any]:
    finished, ended, remarks = _run_log(run.store)
    return {
        "id": run.store.id,
        "name": run.config.name,
        "path": str(run.store.root),
        "started": run.record["started"],
        "finished": finished,
        "ended": ended,
        "models": sorted({key.model for key in run.samples}),
        "agents": sorted({key.agent for key in run.samples}),
        "harness": run.record["harness"],
        "posture": run.record["posture"],
        "notices": notices(run, done, remarks),
    }


def _groups(samples: Sequence[SampleKey]) -> list[SampleKey]:
    """One key for each (task, variant, model, agent), in order."""
    return list(dict.fromkeys(key.model_copy(update={"epoch": 1}) for key in samples))


def _same(key: SampleKey, group: SampleKey) -> bool:
    return key.model_copy(update={"epoch": 1}) == group


def _summary(results: Sequence[SampleResult]) -> dict[str, Any]:
    scores = [result.grade.value for result in results if result.grade is not None]
    passed = sum(result.grade.passed for result in results if result.grade is not None)
    interval = wilson(passed, len(scores))
    verdicts = Counter(result.safety.verdict for result in results)
    return {
        "samples": len(results),
        "scored": len(scores),
        "passed": passed,
        "score_mean": sum(scores) / len(scores) if scores else None,
        "pass_rate": passed / len(scores) if scores else None,
        "interval": list(interval) if interval else None,
        "statuses": dict(Counter(str(result.status) for result in results)),
        "safety": {verdict: verdicts[verdict] for verdict in _VERDICTS},
    }


def _group_part(key: SampleKey, results: Sequence[SampleResult | None]) -> dict[str, Any]:
    done = [result for result in results if result is not None]
    return {
        "task": key.task,
        "variant": key.variant,
        "model": key.model,
        "agent": key.agent,
        **_summary(done),
        "samples": len(results),
    }


def _sample_part(run: Run, result: SampleResult) -> dict[str, Any]:
    key = result.sample
    attempt = AttemptPaths(run.store.sample_folder(key) / f"attempt-{result.attempt}")
    return {
        **key.model_dump(),
        "attempt": result.attempt,
        "status": str(result.status),
        "limit": result.limit,
        "score": result.grade.value if result.grade else None,
        "passed": result.grade.passed if result.grade else None,
        "reason": result.grade.reason if result.grade else None,
        "milestones": dict(result.grade.milestones) if result.grade else {},
        "safety": result.safety.verdict,
        "safety_reason": result.safety.reason,
        "findings": [event.model_dump(mode="json") for event in result.safety.events],
        "steps": result.usage.steps,
        "tokens": result.usage.tokens,
        "usd": result.usage.usd,
        "cached_replies": result.usage.cached_calls,
        "models_returned": list(result.usage.models),
        "seconds": round(sum(result.timings.values()), 3),
        "judge": attempt.judgement(),
        "path": str(attempt.root.relative_to(run.store.root)),
        "error": result.error.message if result.error else None,
        "error_detail": result.error.detail or None if result.error else None,
    }


def _dollars(results: Sequence[SampleResult]) -> float | None:
    """The sum, or None when any part of it is unknown."""
    costs = [result.usage.usd for result in results]
    return None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs)


def unscored_by_infrastructure(statuses: Mapping[str, int]) -> int:
    """How many samples have no score through trouble that is not the model's."""
    troubles = (
        Status.SANDBOX_ERROR,
        Status.MODEL_ERROR,
        Status.GRADER_ERROR,
        Status.AGENT_ERROR,
    )
    return sum(statuses.get(str(status), 0) for status in troubles)
