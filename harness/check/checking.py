"""The main line of `harness check`: rehearse, grade again, look, judge, certify."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from harness.check.findings import Checked, Finding, or_ok
from harness.check.grading import check_determinism, check_hostile, evidence_of
from harness.check.judging import judge_samples
from harness.check.look import look
from harness.check.prompt import check_metadata, check_tools
from harness.check.rehearsal import IDLE, ORACLE, Rehearsal, rehearse
from harness.check.watched import check_watched
from harness.content.folders import TaskFolder
from harness.content.roots import Roots
from harness.errors import GraderError
from harness.forms import SHORTEST
from harness.graders import grade
from harness.progress import Progress
from harness.regrade import Regrade, regrade
from harness.results import SampleKey
from harness.sandbox.images import Images
from harness.sandbox.lease import RUN, SAMPLE, leased
from harness.sandbox.machines import DockerSandboxes


@dataclass(frozen=True)
class Outcome:
    """What came of a check: findings by task, image ids by task, and why it stopped early."""

    checked: Sequence[Checked]
    images: Mapping[str, Mapping[str, str]]
    stopped: str = ""


def check_tasks(
    tasks: Sequence[TaskFolder],
    roots: Roots,
    sandboxes: DockerSandboxes,
    progress: Progress,
    folder: Path,
    *,
    jobs: int,
    repeat: int = 1,
) -> Outcome:
    """Check loaded tasks, with a run and all that it leaves below `folder`.

    Infrastructure that keeps a check from being made is a finding of state "trouble". Raises
    ImageBuildError, EngineUnavailable, StoreError.
    """
    rehearsal = rehearse(tasks, roots, sandboxes, progress, folder, jobs=jobs, repeat=repeat)
    if rehearsal.stopped:
        return Outcome((), {}, rehearsal.stopped)
    progress.preparing("grading again")
    regrades: dict[str, list[Regrade]] = defaultdict(list)
    for each in regrade(rehearsal.run):
        regrades[each.key.task].append(each)

    def of_task(task: TaskFolder) -> list[Finding]:
        progress.preparing(f"looking at {task.id}")
        return [
            Finding("loads", "ok", "valid"),
            *check_metadata(task),
            *check_tools(task),
            *_builds(task, rehearsal, sandboxes),
            *_looked(rehearsal, task, sandboxes),
            *judge_samples(rehearsal, task.id),
            *check_watched(rehearsal, task.id),
            *check_determinism(regrades[task.id]),
            *check_hostile(task, evidence_of(rehearsal, _first(rehearsal, task.id, IDLE))),
        ]

    with ThreadPoolExecutor(jobs) as pool:
        findings = list(pool.map(of_task, tasks))
    left = _left_behind(sandboxes, rehearsal)
    images = rehearsal.run.record["images"]
    return Outcome(
        [
            Checked(task.id, _once_started([*found, *left(task.id)]))
            for task, found in zip(tasks, findings, strict=True)
        ],
        {task.id: images[task.environment.name] for task in tasks},
    )


def _once_started(findings: Sequence[Finding]) -> list[Finding]:
    """Without "ok" where another look at the same thing was bad."""
    bad = {each.check for each in findings if each.state == "bad"}
    return [each for each in findings if each.state != "ok" or each.check not in bad]


def _builds(task: TaskFolder, rehearsal: Rehearsal, sandboxes: DockerSandboxes) -> list[Finding]:
    """Whether the environment makes the same images when somebody asks for them afresh."""
    before = rehearsal.run.record["images"][task.environment.name]
    store = sandboxes.image_store
    fresh = replace(sandboxes, image_store=Images(store.engine, store.own, store.say))
    now = fresh.images(task.environment.environment, task.environment.path)
    check, mend = "builds", "take what changes by itself out of the build's folder"
    found = [
        Finding(check, "bad", f"{name} is {now[name][7:19]} now, {image[7:19]} before", mend)
        for name, image in before.items()
        if now[name] != image
    ]
    return or_ok(check, found, f"{len(before)} services, twice to the same images")


def _looked(rehearsal: Rehearsal, task: TaskFolder, sandboxes: DockerSandboxes) -> list[Finding]:
    samples = rehearsal.samples(task.id)
    key = (samples.get(ORACLE) or samples[IDLE])[0]
    attempts = rehearsal.run.store.attempts(key)
    events = attempts[0].events if attempts else None
    return look(rehearsal.run, key, sandboxes, events, _fixed_answer(rehearsal, task.id))


def _fixed_answer(rehearsal: Rehearsal, task: str) -> str | None:
    """What the oracle hands in, if it is always the same and is all that a pass needs."""
    evidence = [evidence_of(rehearsal, key) for key in rehearsal.samples(task).get(ORACLE, ())]
    answers = {each.submission for each in evidence if each}
    idle = evidence_of(rehearsal, _first(rehearsal, task, IDLE))
    if len(answers) != 1 or idle is None:
        return None
    (answer,) = answers
    if not answer or len(answer) < SHORTEST:
        return None
    try:
        given = grade(replace(idle, submission=answer), rehearsal.run.tasks[task].path)
    except GraderError:
        return None
    return answer if given.passed else None


def _first(rehearsal: Rehearsal, task: str, agent: str) -> SampleKey:
    return rehearsal.samples(task)[agent][0]


def _left_behind(
    sandboxes: DockerSandboxes, rehearsal: Rehearsal
) -> Callable[[str], list[Finding]]:
    """What of this run is still on the engine, as findings by task."""
    check = "nothing left behind"
    left = [
        thing
        for thing in leased(sandboxes.engine)
        if thing.labels.get(RUN) == rehearsal.run.store.id
    ]

    def of_task(task: str) -> list[Finding]:
        found = [
            Finding(check, "bad", f"{thing.kind} {thing.name} is still there", "`harness clean`")
            for thing in left
            if thing.labels.get(SAMPLE, "").split(" ")[0] == task
        ]
        return or_ok(check, found, "no container, network, volume or image")

    return of_task
