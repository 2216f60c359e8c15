"""A run's folder as rows of the index.

Leaner than a report: content is not loaded, so that a run whose tasks an older harness wrote is
still counted. Which attempt of a sample counts is said in one place, `harness.run`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import StoreError
from harness.history.tables import NOT_RUN
from harness.report.build import run_end
from harness.results import SampleKey, SampleResult
from harness.run import latest_results
from harness.store import RunStore

Row = dict[str, Any]
Told = dict[str, Row]
_ERROR_CHARACTERS = 500


@dataclass(frozen=True)
class RunRows:
    """The row of a run, and for each planned sample its row with those of its findings."""

    run: Row
    samples: Iterator[tuple[Row, list[Row]]]


def stamp(store: RunStore) -> str:
    """Sizes and times of run.json and events.jsonl, which gets a line with every result.

    Only ever compared for equality. Raises StoreError when the run has just vanished.
    """
    try:
        plan = (store.root / "run.json").stat()
        log = store.events.stat() if store.events.exists() else None
    except OSError as error:
        raise StoreError(str(store.root), f"cannot be read ({error.strerror})", "see it") from error
    seen = [plan, log] if log else [plan]
    return " ".join(f"{each.st_size}:{each.st_mtime_ns}" for each in seen)


def read_rows(store: RunStore, told: Told) -> RunRows:
    """The rows of a run; samples are read while they are taken. Raises StoreError.

    `told` keeps what tasks say of themselves, by digest: most runs are of the same tasks.
    """
    record = store.plan()
    finished, ended = run_end(store)
    try:
        keys = [SampleKey.model_validate(each) for each in record["samples"]]
        run = {
            "id": store.id,
            "name": _plain(record["name"]),
            "started": _time(record["started"]),
            "finished": finished,
            "ended": _plain(ended),
            "harness": _plain(record["harness"]),
            "planned": len(keys),
            "path": _plain(str(store.root)),
        }
        facts = {
            name: {**task, **_told(store.root, name, task["digest"], told)}
            for name, task in record["tasks"].items()
        }
        common = {
            _group(key): _common(key, facts[key.task], record)
            for key in {_group(key): key for key in keys}.values()
        }
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
        raise StoreError(
            str(store.root / "run.json"),
            f"is damaged ({type(error).__name__}: {error})".splitlines()[0],
            "restore it from a copy",
        ) from error
    return RunRows(run, _samples(store, keys, common))


_Group = tuple[str, str, str, str]


def _group(key: SampleKey) -> _Group:
    return key.task, key.variant, key.model, key.agent


def _samples(
    store: RunStore, keys: list[SampleKey], common: Mapping[_Group, Row]
) -> Iterator[tuple[Row, list[Row]]]:
    results = latest_results(store, keys)
    for number, (key, result) in enumerate(zip(keys, results, strict=True)):
        place = {"run": store.id, "number": number}
        row = {**common[_group(key)], **place, "epoch": key.epoch, **_outcome(result)}
        events = result.safety.events if result else ()
        yield (
            row,
            [
                {**place, "finding": count, **event.model_dump(include=_FINDING)}
                for count, event in enumerate(events)
            ],
        )


_FINDING = {
    "rule",
    "version",
    "category",
    "stage",
    "enforcement",
    "severity",
    "confidence",
    "step",
}


def _outcome(result: SampleResult | None) -> Row:
    grade = result.grade if result else None
    error = result.error if result else None
    return {
        "attempt": result.attempt if result else None,
        "status": str(result.status) if result else NOT_RUN,
        "limit_reached": result.limit if result else None,
        "score": grade.value if grade else None,
        "passed": int(grade.passed) if grade else None,
        "safety": result.safety.verdict if result else None,
        "steps": result.usage.steps if result else None,
        "tokens": result.usage.tokens if result else None,
        "usd": result.usage.usd if result else None,
        "seconds": round(sum(result.timings.values()), 3) if result else None,
        "started": result.started if result else None,
        "finished": result.finished if result else None,
        "models_returned": _plain(" ".join(sorted(result.usage.models))) if result else "",
        "error": _plain(error.message)[:_ERROR_CHARACTERS] if error else None,
    }


def _common(key: SampleKey, facts: Row, record: Mapping[str, Any]) -> Row:
    """What all epochs of a task share."""
    overrides = {
        name: value for name, value in record["config"]["limits"].items() if value is not None
    }
    made_of = [
        facts["digest"],
        facts["environment_digest"],
        record["images"].get(facts["environment"], {}),
        record["agents"][key.agent],
        {**facts["limits"], **overrides},
        record["config"]["settings"],
    ]
    return {
        "suite": _plain(key.task.partition("/")[0]),
        **{name: _plain(getattr(key, name)) for name in ("task", "variant", "model", "agent")},
        "domain": facts["domain"],
        "human_minutes": facts["human_minutes"],
        "task_digest": _plain(facts["digest"]),
        "made_of": hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16],
    }


def _told(root: Path, name: str, digest: str, told: Told) -> Row:
    """A task's domain and human time, from the run's copy of it; None without the copy."""
    if digest not in told:
        try:
            text = (root / "content" / "tasks" / name / "task.toml").read_text("utf-8")
        except OSError:
            return {"domain": None, "human_minutes": None}
        metadata = tomllib.loads(text)["metadata"]
        told[digest] = {
            "domain": _plain(metadata["domain"]),
            "human_minutes": metadata.get("human_minutes"),
        }
    return told[digest]


def _time(text: str) -> str:
    """A time as logs write it, so that the order of texts is that of times."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        msg = f"a time without a zone: {text!r}"
        raise ValueError(msg)
    return found.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(text: str) -> str:
    """Text that every database takes: without NUL and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
