"""The end state on disk: files, command outputs and logs, bounded, and never through a symlink.

What the agent's machine holds is read while it is frozen. Commands that must look at it run in a
fresh container made from its frozen file system, with nothing of the agent's running.
"""

from __future__ import annotations

import dataclasses
import json
import tarfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath

from docker.errors import ImageNotFound

from harness.evidence import ABSENT, Probe
from harness.orders import Upload
from harness.sandbox.commands import Machine
from harness.sandbox.container import (
    KEEPER_USER,
    Attachment,
    Container,
    keeper,
    open_container,
)
from harness.sandbox.engine import Engine, engine_errors
from harness.schema.environment import Service
from harness.schema.task import Collect, CollectCommand

_PROBE_BYTES = 256 * 1024
_SNAPSHOT_SECONDS = 3600.0


@dataclasses.dataclass
class Collector:
    """Collects from the machines of one sandbox into a folder."""

    machines: Mapping[str, Machine]
    agent_service: str
    into: Path
    _cut: dict[str, str] = dataclasses.field(default_factory=dict)

    def files(self, spec: Collect) -> None:
        """Write `files.tar` and `cut.json`."""
        left = spec.max_bytes
        with tarfile.open(self.into / "files.tar", "w") as archive:
            for entry in spec.files:
                service, path = self._split(entry)
                left = self._copy(archive, service, path, entry, left)
        (self.into / "cut.json").write_text(json.dumps(self._cut, indent=1))

    def _split(self, entry: str) -> tuple[str, str]:
        service, _, path = entry.rpartition(":")
        return service or self.agent_service, path

    def _copy(
        self, archive: tarfile.TarFile, service: str, path: str, entry: str, left: int
    ) -> int:
        """Copy what stands at `path`; returns the bytes left of the bound."""
        files = self.machines[service].files
        for parent in list(PurePosixPath(path).parents)[:-1]:
            stat = files.stat(str(parent))
            if stat and stat.get("linkTarget"):
                self._cut[entry] = f"the folder {parent} is a symlink; links are not followed"
                return left
        try:
            with closing(files.members(path)) as members:
                for member, stream in members:
                    full = PurePosixPath(path).parent / member.name
                    member.name = f"{service}{full}"
                    if ".." in full.parts or member.islnk():
                        self._cut[f"{entry} {full}"] = "not a plain file, folder or symlink"
                        continue
                    if member.isreg() and member.size > left:
                        self._cut[entry] = f"{full} has {member.size} bytes; {left} were left"
                        break
                    left -= member.size if member.isreg() else 0
                    archive.addfile(member, stream)
        except FileNotFoundError:
            self._cut[entry] = ABSENT
        return left

    def logs(self, besides: Collection[str]) -> None:
        """Write each service's own output to `logs/<service>.log`."""
        folder = self.into / "logs"
        folder.mkdir(exist_ok=True)
        for name, machine in self.machines.items():
            if name not in besides and (data := machine.log()):
                (folder / f"{name}.log").write_bytes(data)


def run_probe(machine: Machine, command: CollectCommand, uploads: Mapping[str, bytes]) -> Probe:
    """Run one collected command, its files put in place first."""
    if command.files:
        machine.files.write(
            Upload(path, uploads[source], mode=0o755) for path, source in command.files.items()
        )
    answer = machine.processes.run(
        ["/bin/sh", "-c", command.run],
        user=command.user,
        timeout_seconds=command.timeout,
        max_bytes=_PROBE_BYTES,
    )
    return Probe(
        name=command.name,
        exit_code=answer.exit_code,
        stdout=answer.stdout.decode("utf-8", "replace"),
        stderr=answer.stderr.decode("utf-8", "replace"),
        timed_out=answer.timed_out,
        truncated_bytes=answer.truncated_bytes,
        seconds=round(answer.seconds, 3),
    )


def write_probes(probes: list[Probe], into: Path) -> None:
    """Write `probes.json`."""
    rows = [dataclasses.asdict(probe) for probe in probes]
    (into / "probes.json").write_text(json.dumps(rows, indent=1))


@contextmanager
def open_snapshot(
    engine: Engine, frozen: Container, service: Service, name: str, labels: Mapping[str, str]
) -> Iterator[Container]:
    """A started container made from a frozen one's file system, for the time of the `with`.

    Its writable folders are the frozen one's: a commit leaves them out. Its root can be written,
    since nothing of the agent's runs there and a collected command may bring files.
    """
    service = service.model_copy(update={"read_only": False, "writable": ()})
    with engine_errors(frozen.where):
        conf = {"Labels": dict(labels)}
        image = str(engine.api.commit(frozen.id, pause=False, conf=conf)["Id"])
    try:
        with open_container(
            engine,
            service,
            name=name,
            where=f"{frozen.where} (snapshot)",
            image=image,
            command=keeper(_SNAPSHOT_SECONDS),
            user=KEEPER_USER,
            network=Attachment("none", hostname="snapshot"),
            env={},
            labels=labels,
            runtime=frozen.posture["runtime"],
            volumes_from=frozen.id,
        ) as container:
            container.start()
            yield container
    finally:
        with engine_errors(frozen.where), suppress(ImageNotFound):
            engine.api.remove_image(image, force=True)
