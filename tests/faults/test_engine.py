"""An engine that is slow, goes away or starts anew costs samples, and never a score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from command_line import events, left_on_engine
from engine_proxy import EngineProxy
from private_engine import PrivateEngine

from harness.sandbox.bootstrap import BOOTSTRAPPED, PULLED
from harness.store import read_events

pytestmark = pytest.mark.engine


def test_an_engine_that_is_slow_with_each_answer_is_waited_for(harness, tmp_path):
    with EngineProxy(tmp_path / "engine.sock", delay_seconds=0.6) as proxy:
        ran = harness(
            "run",
            "faults/plain",
            "--agent",
            "oracle",
            "--name",
            "slow",
            "--json",
            DOCKER_HOST=f"unix://{proxy.path}",
        )
    sample = ran.sample("faults/plain")
    folder = harness.run_folder("slow")
    assert (sample["status"], sample["passed"], ran.code) == ("finished", True, 0)
    assert sample["seconds"] > 5, "the engine was not slow"
    assert events(folder)[-1].kind == "attempt_finished"
    assert left_on_engine(folder.name) == []


@pytest.fixture(scope="module")
def second_engine(docker_images: Any) -> Iterator[PrivateEngine]:
    """An engine that has harness/base."""
    if reason := PrivateEngine.why_not():
        pytest.skip(reason)
    engine = docker_images.engine
    base = docker_images.resolve("harness/base")
    names = next(row["tags"] for row in docker_images.listing() if row["id"] == base)
    ground = next(each for each in (PULLED, BOOTSTRAPPED) if engine.image_id(each))
    with PrivateEngine() as second:
        second.load(*names, ground)
        yield second


def test_an_engine_that_restarts_in_mid_run_costs_no_score_and_the_run_resumes(
    harness, second_engine, monkeypatch
):
    monkeypatch.setenv("DOCKER_HOST", second_engine.host)
    options = ("--agent", "oracle", "--epochs", "3", "--jobs", "2", "--name", "again")
    process = harness.start("run", "faults/slow", *options, "--json")
    folder = harness.wait_for_log("again", "sleep 4")
    second_engine.stop()
    second_engine.start()
    out, err = process.communicate(timeout=200)
    totals = json.loads(out)["totals"]
    assert process.returncode == 3, err
    assert totals["statuses"]["sandbox_error"] >= 1
    assert totals["scored"] == totals["passed"], "trouble of the engine was charged to the agent"
    logs = list(folder.glob("samples/**/attempt-1/events.jsonl"))
    assert all(list(read_events(log)) for log in logs), "a log was lost"
    resumed = harness("run", "--resume", str(folder), "--json")
    assert resumed.report["totals"]["passed"] == 3, resumed.err
    assert all(log.exists() for log in logs)
    assert left_on_engine(folder.name) == []
