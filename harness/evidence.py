"""What a grader sees: the end state as it was collected, and nothing it could ask for live.

An attempt's folder holds it (`load_evidence` reads it back on any machine, without Docker):

    evidence/
        files.tar         collected files, under <service>/<path>; symlinks stay symlinks
        cut.json          what was left out, and why: {"service:/path": "reason"}
        probes.json       outputs of collected commands
        logs/<service>.log    the services' own output
        sensors/<name>.jsonl  what sensors recorded; network.pcap when a capture was asked for
        submission.json   {"answer": text or null}
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from harness.errors import StoreError
from harness.schema.task import Task

# The reason in `cut` for what did not exist: known to be absent, and not left out.
ABSENT = "there is no such file"
FileKind = Literal["file", "directory", "symlink", "other"]


@dataclass(frozen=True)
class FileEntry:
    """One collected file. `data` is empty unless `kind` is "file"; `target` is a symlink's."""

    path: str
    kind: FileKind
    mode: int
    uid: int
    size: int
    data: bytes = b""
    target: str = ""

    @property
    def text(self) -> str:
        """The content as UTF-8, with replacement characters for what is not."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True)
class Probe:
    """The outcome of one collected command and how long it took; `exit_code` None: it timed out."""

    name: str
    exit_code: int | None
    stdout: str
    stderr: str
    timed_out: bool = False
    truncated_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """All that a grader may look at.

    `files` is keyed "/path" for the agent's service and "service:/path" for others; `cut` maps
    the same keys to the reason why something is not there. `transcript` is the event log's path.
    """

    task: Task
    agent_service: str
    submission: str | None
    files: Mapping[str, FileEntry]
    cut: Mapping[str, str]
    probes: Sequence[Probe]
    logs: Mapping[str, str]
    secrets: Mapping[str, str]
    transcript: Path
    sensors: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)

    def text(self, path: str) -> str | None:
        """The content of a collected regular file as text, or None when it is not one."""
        entry = self.files.get(path)
        return entry.text if entry is not None and entry.kind == "file" else None

    @cached_property
    def _probes(self) -> Mapping[str, Probe]:
        return {probe.name: probe for probe in self.probes}

    def probe(self, name: str) -> Probe | None:
        """The collected command of that name, or None."""
        return self._probes.get(name)

    def events(self) -> Iterator[Mapping[str, Any]]:
        """The lines of the event log, in order. Its hash chain is the store's to verify."""
        with self.transcript.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if not line.endswith("\n"):
                    return  # torn by a hard stop: not a line of the log
                yield json.loads(line)

    def tool_outputs(self) -> Iterator[str]:
        """What the agent's tools gave back, in order."""
        for event in self.events():
            if event.get("kind") == "tool_result":
                yield str(event["content"])


def evidence_key(name: str, agent_service: str) -> str:
    """A member of the archive as evidence names it: "/path" or "service:/path"."""
    service, _, path = name.partition("/")
    return f"/{path}" if service == agent_service else f"{service}:/{path}"


def _read_tar(path: Path, agent_service: str) -> dict[str, FileEntry]:
    files: dict[str, FileEntry] = {}
    if not path.exists():
        return files
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            kind: FileKind = "other"
            data = b""
            if member.isreg():
                kind = "file"
                stream = archive.extractfile(member)
                data = stream.read() if stream else b""
            elif member.isdir():
                kind = "directory"
            elif member.issym():
                kind = "symlink"
            key = evidence_key(member.name, agent_service)
            files[key] = FileEntry(
                key, kind, member.mode, member.uid, member.size, data, member.linkname
            )
    return files


def _read_submission(path: Path) -> str | None:
    answer = json.loads(path.read_text("utf-8"))["answer"]
    if answer is not None and not isinstance(answer, str):
        msg = f"{path.name}: the answer is {type(answer).__name__}, not text"
        raise TypeError(msg)
    return answer


def load_evidence(
    attempt: Path, task: Task, agent_service: str, secrets: Mapping[str, str]
) -> Evidence:
    """Read the evidence of an attempt's folder. Raises StoreError when it is damaged."""
    folder = attempt / "evidence"
    try:
        submission = _read_submission(folder / "submission.json")
        cut = json.loads((folder / "cut.json").read_text("utf-8"))
        probes = [Probe(**probe) for probe in json.loads((folder / "probes.json").read_text())]
        logs = {
            file.stem: file.read_text("utf-8", "replace")
            for file in sorted((folder / "logs").glob("*.log"))
        }
        sensors = {
            file.stem: [json.loads(line) for line in file.read_text("utf-8").splitlines()]
            for file in sorted((folder / "sensors").glob("*.jsonl"))
        }
        files = _read_tar(folder / "files.tar", agent_service)
    except (OSError, ValueError, KeyError, TypeError, tarfile.TarError) as error:
        raise StoreError(
            str(folder), f"the evidence cannot be read ({error})", "restore the run's folder"
        ) from error
    return Evidence(
        task=task,
        agent_service=agent_service,
        submission=submission,
        files=files,
        cut=cut,
        probes=probes,
        logs=logs,
        secrets=secrets,
        transcript=attempt / "events.jsonl",
        sensors=sensors,
    )
