"""One more sandbox of a task, set up and without an agent: what an agent could find in it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.check.builtin import PREFIX
from harness.check.findings import Finding, or_ok
from harness.check.prompt import paths_named
from harness.content.folders import TaskFolder
from harness.errors import NotReadyError, SandboxError
from harness.leaks import scan_sandbox
from harness.placement import order_for, run_setup
from harness.protocols import Sandboxes
from harness.results import SampleKey
from harness.run import Run
from harness.sandbox.exposure import search_files
from harness.sandbox.machines import DockerSandbox
from harness.schema.task import ScriptGrader

STARTS = "services start"
_ANSWER = "the oracle's answer"
_WALL_SECONDS = 300.0
_SEARCH_SECONDS = 60.0
_SHORTEST_LINE = 16
_FEWEST_LINES = 3


def look(
    run: Run, key: SampleKey, sandboxes: Sandboxes, events: Path | None, answer: str | None
) -> list[Finding]:
    """Findings about a fresh sandbox with the secrets of `key`, whose log is `events`.

    `answer` is a text that passes in every sample, if there is one.
    """
    folder, secrets = run.tasks[key.task], run.secrets(key, 1)
    order = order_for(
        folder,
        secrets,
        run.record["images"][folder.environment.name],
        run=run.store.id,
        sample=str(key),
        wall_seconds=_WALL_SECONDS,
    )
    started = time.monotonic()
    try:
        with sandboxes.open(order) as sandbox:
            assert isinstance(sandbox, DockerSandbox)  # noqa: S101 - leaks are looked for on engines
            run_setup(folder, secrets, sandbox)
            seconds = time.monotonic() - started
            return [
                Finding(STARTS, "ok", f"ready and set up in {seconds:.1f} s"),
                *_leaks(folder, secrets, sandbox, events, answer),
                *_hidden(folder, sandbox),
                *_paths(folder, sandbox),
            ]
    except NotReadyError as error:
        return [Finding(STARTS, "bad", f"{error.where}: {error.what}", error.remedy)]
    except SandboxError as error:
        return [Finding(STARTS, "trouble", f"{error.where}: {error.what}", error.remedy)]


def _leaks(
    folder: TaskFolder,
    secrets: Mapping[str, str],
    sandbox: DockerSandbox,
    events: Path | None,
    answer: str | None,
) -> list[Finding]:
    check = "leaks"
    sought = {**secrets, **({_ANSWER: answer} if answer else {})}
    scan = scan_sandbox(folder, sought, sandbox, events=events)
    found = []
    for leak in scan.leaks:
        # A fixed answer may be what the agent shall find in a file; never what it is told.
        meant = leak.secret == _ANSWER and leak.where.startswith(("file ", "names of files"))
        what = f"{leak.secret if leak.secret == _ANSWER else f'secret {leak.secret}'} stands in {leak.where} ({leak.form})"
        mend = "see that the agent is meant to find it" if meant else "take it out, or declare it"
        found.append(Finding(check, "note" if meant else "bad", what, mend))
    found += [Finding(check, "note", f"not looked at: {gap}") for gap in scan.gaps]
    places = "prompts, files, processes, images, labels, log"
    return or_ok(check, found, f"{len(sought)} looked for in {places}")


def _hidden(folder: TaskFolder, sandbox: DockerSandbox) -> list[Finding]:
    """Whether the text of grader, solution or cheats can be read in the agent's service."""
    check = "grader and solution hidden"
    lines = {path.name: _distinctive(path) for path in _private(folder)}
    lines = {name: each for name, each in lines.items() if len(each) >= _FEWEST_LINES}
    shapes = sorted({line for each in lines.values() for line in each})
    if not shapes:
        return [Finding(check, "ok", "too short to be recognised anywhere")]
    seen: dict[str, set[bytes]] = defaultdict(set)
    try:
        for each in search_files(sandbox, shapes, _SEARCH_SECONDS):
            seen[each.where].add(each.data)
    except SandboxError as error:
        return [Finding(check, "note", f"not looked at: {error.what}", error.remedy)]
    found = [
        Finding(
            check,
            "bad",
            f"{where} holds {len(wanted & there)} of {len(wanted)} lines of {name}",
            "keep it out of the image and of what the task copies",
        )
        for where, there in seen.items()
        for name, wanted in lines.items()
        if len(wanted & there) >= max(_FEWEST_LINES, len(wanted) / 2)
    ]
    return or_ok(check, found, f"{', '.join(lines)}: in no file that the agent can read")


def _private(folder: TaskFolder) -> Iterator[Path]:
    if isinstance(folder.task.grader, ScriptGrader):
        yield folder.path / folder.task.grader.script
    placed = {each.source for each in folder.task.files}
    if folder.task.setup is not None:
        placed.add(folder.task.setup.script)
    yield from (each for each in sorted(folder.path.glob("*.sh")) if each.name not in placed)
    yield from (folder.cheat(name) for name in folder.cheats if not name.startswith(PREFIX))


def _distinctive(path: Path) -> set[bytes]:
    """The lines that say something of their own."""
    lines = (line.strip() for line in path.read_bytes().splitlines())
    return {
        line
        for line in lines
        if len(line) >= _SHORTEST_LINE and not line.startswith((b"import ", b"from ", b"#!"))
    }


def _paths(folder: TaskFolder, sandbox: DockerSandbox) -> list[Finding]:
    check = "paths of the prompt"
    named = paths_named(folder)
    absent = [
        path for path in named if sandbox.exec(["test", "-e", path], user="root").exit_code == 1
    ]
    mend = "mend the prompt, or collect it if the agent shall make it"
    found = [Finding(check, "note", f"{path} is not there", mend) for path in absent]
    return or_ok(check, found, f"{len(named) - len(absent)} of {len(named)} are there")
