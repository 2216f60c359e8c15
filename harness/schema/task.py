"""`task.toml` and `suite.toml`: what an agent is asked to do, and how the end state is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from harness.schema.check import Test
from harness.schema.types import (
    Bytes,
    Closed,
    ContainerPath,
    HostPort,
    LocalPath,
    Mode,
    Name,
    Seconds,
    User,
    check_places,
)
from harness.schema.unsafe import CANARY_LENGTH, Unsafe
from harness.secrets import check_template, fill_template, random_parts


def secret_mark(name: str) -> str:
    """What stands for the secret of a slot in expectations and in files of a build context."""
    return f"{{secret:{name}}}"


ToolName = Literal["bash", "edit", "python", "process", "submit"]
Domain = Literal["cyber", "autonomy", "safety"]
Outside = Literal["refuse", "sinkhole"]
Inside = Literal["allow", "refuse"]


class Limits(Closed):
    """What a sample may use. `wall` and `command` in seconds; None means no limit."""

    steps: int | None = Field(default=60, ge=1)
    tokens: int | None = Field(default=400_000, ge=1)
    usd: float | None = Field(default=None, gt=0)
    wall: Seconds = 1800.0
    command: Seconds = 180.0


_KINDS = ("file", "env", "build_arg", "replace", "run")
# Which of the other fields say something about which kind of placement.
_FIELDS: Mapping[str, set[str]] = {
    "file": {"text", "owner", "mode"},
    "env": {"text"},
    "build_arg": {"text"},
    "replace": {"text"},
    "run": {"owner"},
}


class Placement(Closed):
    """Where a secret goes in a service: exactly one of the five.

    `file` is written before the service starts; `env` is a variable of its environment (never of
    the agent's own service: its processes could read it). `build_arg` and `replace` make an image
    for the sample alone: with this build argument, or with "{secret:<slot>}" replaced in this file
    of the build context. `run` is a shell script with "{secret}" in it, run as `owner` in the
    running service before the task's setup script.
    """

    service: Name
    file: ContainerPath | None = None
    env: str | None = Field(default=None, pattern=r"^[A-Z_][A-Z0-9_]*$")
    build_arg: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    replace: LocalPath | None = None
    run: str | None = None
    owner: User = "root"
    mode: Mode = 0o400
    text: str = "{secret}\n"

    @property
    def kind(self) -> str:
        """Which of the five it is."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            msg = f"needs exactly one of {', '.join(_KINDS)}; has {given or 'none'}"
            raise ValueError(msg)
        allowed = {"service", self.kind} | _FIELDS[self.kind]
        if idle := sorted(self.model_fields_set - allowed):
            msg = f"{self.kind} takes no {' and no '.join(idle)}"
            raise ValueError(msg)
        name = "run" if self.kind == "run" else "text"
        if "{secret}" not in getattr(self, name):
            msg = f'{name} must contain "{{secret}}"'
            raise ValueError(msg)
        return self


class SecretSlot(Closed):
    """A value made fresh for each sample from `template`, e.g. "flag{<hex:32>}".

    A `canary` is a decoy: rule "canary" finds where it was read, used, disclosed or sent.
    `readable` are the files of the agent's own service that are meant to hold it, where `file`
    placements do not say so already: a program to be reversed, a note of the setup script.
    """

    template: str
    place: Annotated[Sequence[Placement], Field(default_factory=tuple)]
    readable: Sequence[ContainerPath] = ()
    canary: bool = False

    @field_validator("template")
    @classmethod
    def _known_parts(cls, value: str) -> str:
        check_template(value)
        return value

    @field_validator("place", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, Mapping) else value

    @model_validator(mode="after")
    def _long_canary(self) -> Self:
        value = fill_template(self.template, b"check")
        longest = max(map(len, random_parts(self.template, value)), default=0)
        if self.canary and longest < CANARY_LENGTH:
            msg = f'a canary needs {CANARY_LENGTH} random characters in one part: "<hex:32>"'
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _plain_in_scripts(self) -> Self:
        special = sorted(set("\"'`$\\\n") & set(self.template))
        if special and any(place.run for place in self.place):
            msg = f"place.run puts it into a shell script, where {special} mean something else"
            raise ValueError(msg)
        return self


class FileCopy(Closed):
    """A file or folder of the task, copied into a service before the agent starts."""

    source: LocalPath
    path: ContainerPath
    service: Name | None = None
    owner: User | None = None
    mode: Mode | None = None


class Setup(Closed):
    """A script of the task, run once in a service (as `user`) before the agent starts.

    Secrets are in its environment as SECRET_<NAME>; the script is removed afterwards.
    """

    script: LocalPath = "setup.sh"
    service: Name | None = None
    user: User = "root"
    timeout: Seconds = 120.0


class CollectCommand(Closed):
    """A command whose output becomes evidence under `name`.

    For the agent's own service it runs in a fresh container made from the frozen file system,
    with nothing of the agent's running; in other services it runs live. `files` are uploaded
    there first: path in the container to file of the task.
    """

    name: Name
    run: str
    service: Name | None = None
    user: User = "root"
    timeout: Seconds = 60.0
    files: Mapping[ContainerPath, LocalPath] = Field(default_factory=dict)


class Collect(Closed):
    """The end state that graders see. `files` are of the agent's service, or `service:/path`."""

    files: Sequence[str] = ()
    commands: Sequence[CollectCommand] = ()
    max_bytes: Bytes = 16 * 1024**2

    @field_validator("files")
    @classmethod
    def _absolute_paths(cls, value: Sequence[str]) -> Sequence[str]:
        return check_places(value)

    @model_validator(mode="after")
    def _unique_names(self) -> Self:
        names = [command.name for command in self.commands]
        if len(names) != len(set(names)):
            msg = "two commands have the same name"
            raise ValueError(msg)
        return self


class FlagGrader(Closed):
    """Passed when the submission is exactly the secret, spaces around it aside."""

    type: Literal["flag"]
    secret: Name


class ScriptGrader(Closed):
    """`grade(evidence) -> Grade` in a file of the task, run in a process of its own."""

    type: Literal["script"]
    script: LocalPath = "grade.py"
    timeout: Seconds = 60.0


class ChecksGrader(Closed):
    """Declared tests of evidence; value is the weight of those that hold, passed when all do."""

    type: Literal["checks"]
    tests: Sequence[Test] = Field(min_length=1)


Grader = Annotated[FlagGrader | ScriptGrader | ChecksGrader, Field(discriminator="type")]


class MilestoneEvidence(Closed):
    """What shows that a milestone was reached: one source, and a pattern in it."""

    service_log: Name | None = None
    file: str | None = None
    probe: str | None = None
    transcript: bool = False
    contains: str

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [bool(self.service_log), bool(self.file), bool(self.probe), self.transcript]
        if sum(given) != 1:
            msg = "needs exactly one of service_log, file, probe, transcript"
            raise ValueError(msg)
        return self


class Milestone(Closed):
    """Partial credit: deterministic, and part of the value when the task is not passed."""

    name: str = Field(min_length=1)
    weight: float = Field(default=1.0, gt=0)
    evidence: MilestoneEvidence


class Variant(Closed):
    """A named change: text added to the instruction, or another file instead; another scope.

    `inside` and `outside` take the place of the task's own (see Scope).
    """

    prompt: str | None = None
    instruction: LocalPath | None = None
    inside: Inside | None = None
    outside: Outside | None = None


class Scope(Closed):
    """What the agent may contact; anything else is a safety event.

    `outside` is what becomes of attempts to leave the sandbox's network: they are refused at
    once, or, in a sinkhole, connections and names seem to work and lead nowhere. `inside` is what
    becomes of the agent's contacts with other services of the sandbox than `hosts`.
    """

    hosts: Sequence[HostPort] = ()
    outside: Outside = "refuse"
    inside: Inside = "allow"


class Metadata(Closed):
    """What a task measures, for filters and reports."""

    domain: Domain
    skills: Sequence[str] = ()
    cwe: Sequence[Annotated[str, Field(pattern=r"^CWE-\d+$")]] = ()
    attack: Sequence[Annotated[str, Field(pattern=r"^T\d{4}(\.\d{3})?$")]] = ()
    human_minutes: float | None = Field(default=None, gt=0)
    human_minutes_source: Literal["estimated", "measured", "first_solve"] | None = None
    split: Literal["public", "private"] = "public"
    canary: str | None = None


class Task(Closed):
    """One task, as its `task.toml` says."""

    schema_: Literal[1] = Field(alias="schema")
    title: str = Field(min_length=1)
    environment: Name
    tools: Sequence[ToolName] = Field(default=("bash", "edit", "submit"), min_length=1)
    agent_may_know_deadline: bool = True
    limits: Limits = Limits()
    secrets: Mapping[Name, SecretSlot] = Field(default_factory=dict)
    files: Sequence[FileCopy] = ()
    setup: Setup | None = None
    scope: Scope = Scope()
    grader: Grader
    milestones: Sequence[Milestone] = ()
    collect: Collect = Collect()
    variants: Mapping[Name, Variant] = Field(default_factory=dict)
    unsafe: Unsafe = Unsafe()
    metadata: Metadata

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if isinstance(self.grader, FlagGrader) and self.grader.secret not in self.secrets:
            msg = f'grader.secret "{self.grader.secret}" is not one of {sorted(self.secrets)}'
            raise ValueError(msg)
        if "default" in self.variants:
            msg = "variants.default is the task itself; give the variant another name"
            raise ValueError(msg)
        names = [milestone.name for milestone in self.milestones]
        if len(names) != len(set(names)):
            msg = "two milestones have the same name"
            raise ValueError(msg)
        return self


class Suite(Closed):
    """`suite.toml`: a folder of tasks, with limits its tasks start from."""

    schema_: Literal[1] = Field(alias="schema")
    title: str = Field(min_length=1)
    description: str = ""
    domain: Domain | None = None
    limits: Limits = Limits()
