"""Runs on disk without sandboxes: planned as always, with attempts as a test wants them."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.content.plan import make_plan
from harness.content.roots import Roots
from harness.events import AttemptFinished, AttemptStarted, Stopped
from harness.results import Safety, SampleKey, SampleResult, Status, Usage
from harness.run import Run, load_run, start_run
from harness.schema.config import RunConfig
from harness.store import AttemptPaths, Transcript, now
from harness.testing.fake_sandbox import FakeSandboxes


class Silent:
    """Progress that is told to nobody."""

    def preparing(self, text: str) -> None:
        """Nothing."""

    def planned(self, total: int, done: int, jobs: int) -> None:
        """Nothing."""

    def started(self, key: SampleKey) -> None:
        """Nothing."""

    def stepped(self, key: SampleKey, step: int) -> None:
        """Nothing."""

    def spent(self, usd: float | None, tokens: int) -> None:
        """Nothing."""

    def ended(self, result: SampleResult) -> None:
        """Nothing."""

    def stopping(self, reason: str) -> None:
        """Nothing."""


def write_run(folder: Path, roots: Roots, **config: Any) -> Run:
    """A planned run below `folder` in which nothing has run yet. `config` as RunConfig takes it."""
    config = {"selectors": ["all"], "agents": ["idle"], **config}
    plan = make_plan(RunConfig(**config), roots, lambda _name: None, lambda _name: True)
    return load_run(start_run(plan, roots, folder, FakeSandboxes(), Silent()))


def write_attempt(
    run: Run, key: SampleKey, *, answer: str | None = None, **fields: Any
) -> AttemptPaths:
    """One more attempt of a sample, with its log, evidence and result; `fields` of the result."""
    paths = run.store.new_attempt(key)
    result = SampleResult(
        **{
            "sample": key,
            "attempt": paths.number,
            "status": Status.FINISHED,
            "safety": Safety(verdict="indeterminate", reason="no sensor watched this sample"),
            "usage": Usage(steps=2),
            "timings": {"open": 0.5, "agent": 1.5},
            "started": now(),
            "finished": now(),
            **fields,
        }
    )
    log = Transcript(paths.events)
    log.append(AttemptStarted(sample=key, attempt=paths.number))
    log.append(Stopped(how="submitted", detail=answer or ""))
    score = result.grade.value if result.grade else None
    log.append(AttemptFinished(sample=key, attempt=paths.number, status=result.status, score=score))
    log.close()
    write_evidence(paths.root, answer=answer)
    paths.write_result(result)
    return paths


def write_evidence(
    attempt: Path,
    *,
    answer: str | None = None,
    probes: list[dict[str, Any]] | None = None,
    cut: Mapping[str, str] | None = None,
    logs: Mapping[str, str] | None = None,
) -> Path:
    """The evidence of an attempt, with an empty archive of files; its folder."""
    folder = attempt / "evidence"
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    (folder / "submission.json").write_text(json.dumps({"answer": answer}))
    (folder / "probes.json").write_text(json.dumps(probes or []))
    (folder / "cut.json").write_text(json.dumps(cut or {}))
    for name, text in (logs or {}).items():
        (folder / "logs" / f"{name}.log").write_text(text)
    with tarfile.open(folder / "files.tar", "w"):
        pass
    return folder
