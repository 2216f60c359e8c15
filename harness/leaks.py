"""Whether a sample's secrets stand where its agent, or whoever looks on, is not meant to see them.

Looked at is a live sandbox before the agent's first action: the agent's files and processes, what
the engine tells, the prompts, the event log so far. Encrypted or compressed copies are not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.content.folders import TaskFolder
from harness.errors import SandboxError
from harness.forms import SHORTEST, find_forms, forms
from harness.sandbox.exposure import Exposed, agent_view, engine_view, search_files
from harness.sandbox.machines import DockerSandbox
from harness.schema.task import Placement
from harness.store import read_events

_ACTIONS = {"model_call", "tool_call"}
_OWNER_READS, _ALL_READ = 0o400, 0o004


@dataclass(frozen=True)
class Leak:
    """A secret, by its slot's name, in some form where it should not be."""

    secret: str
    form: str
    where: str


@dataclass(frozen=True)
class LeakScan:
    """What was found, and what could not be looked at (`gaps`): clean means both are empty."""

    leaks: Sequence[Leak]
    gaps: Sequence[str]


def find_leaks(secrets: Mapping[str, str], exposed: Iterable[Exposed]) -> Iterator[Leak]:
    """Every secret in every place where one of its forms stands, once for each place."""
    found: set[tuple[str, str]] = set()
    for each in exposed:
        for name, form in find_forms(secrets, each.data):
            if (name, each.where) not in found:
                found.add((name, each.where))
                yield Leak(name, form, each.where)


def scan_sandbox(
    folder: TaskFolder,
    secrets: Mapping[str, str],
    sandbox: DockerSandbox,
    *,
    events: Path | None = None,
    seconds: float = 120.0,
) -> LeakScan:
    """Look for the secrets of a live sandbox, set up and without its agent yet.

    What the task declares is left out: files that a placement's owner and mode, or the slot's
    `readable`, let the agent read, and build arguments in the history of their own image, which
    is removed with the sandbox. `events` is the attempt's log; `seconds` bound each command.
    Raises SandboxError when the engine fails.
    """
    unfit = dict(_unfit(secrets))
    gaps = [f"the secret {name} {why}" for name, why in unfit.items()]
    wanted = {name: value for name, value in secrets.items() if name not in unfit}
    exposed = [*engine_view(sandbox), *_prompts(folder)]
    if events is not None:
        exposed.append(Exposed("event log", _before_first_action(events)))
    shapes = [shape for value in wanted.values() for shape in forms(value).values()]
    for look in (agent_view(sandbox, seconds), search_files(sandbox, shapes, seconds)):
        try:
            exposed += look
        except SandboxError as error:
            gaps.append(str(error))
    declared = set(_declared(folder, sandbox.agent_user))
    leaks = find_leaks(wanted, exposed)
    return LeakScan([each for each in leaks if (each.secret, each.where) not in declared], gaps)


def _unfit(secrets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The secrets that cannot be looked for, and why."""
    for name, value in secrets.items():
        if len(value) < SHORTEST:
            yield name, f"has fewer than {SHORTEST} characters: it turns up by chance"
        elif "\n" in value:
            yield name, "has several lines: files are searched line by line"


def _prompts(folder: TaskFolder) -> Iterator[Exposed]:
    for variant in ("default", *folder.task.variants):
        yield Exposed(f"prompt of variant {variant}", folder.instruction(variant).encode())


def _before_first_action(events: Path) -> bytes:
    """The log's lines before the agent first asks its model or calls a tool."""
    lines = []
    for line in read_events(events):
        if line.event.kind in _ACTIONS:
            break
        lines.append(line.event.model_dump_json())
    return "\n".join(lines).encode()


def _declared(folder: TaskFolder, agent: str) -> Iterator[tuple[str, str]]:
    """Secret and place, where the task says that it may be read."""
    agent_service = folder.environment.environment.agent_service
    for name, slot in folder.task.secrets.items():
        for path in slot.readable:
            yield name, f"file {path}"
        for place in slot.place:
            if place.build_arg:
                yield name, f"image history of {place.service}"
            if place.file and place.service == agent_service and _readable(place, agent):
                yield name, f"file {place.file}"


def _readable(place: Placement, agent: str) -> bool:
    """Whether a file's owner and mode let the agent read it."""
    mine = place.owner == agent and place.mode & _OWNER_READS
    return bool(mine or place.mode & _ALL_READ)
