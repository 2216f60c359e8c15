"""The sandbox of one sample: its containers on their networks, opened together, closed together."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.orders import SandboxOrder, Upload
from harness.protocols import ExecResult, Sandbox, Seen
from harness.results import Probing
from harness.sandbox.collect import Collector, open_snapshot, run_probe, write_probes
from harness.sandbox.container import (
    KEEPER_USER,
    Attachment,
    Container,
    keeper,
    open_container,
    remove_container,
)
from harness.sandbox.engine import Engine, engine_errors
from harness.sandbox.images import Images
from harness.sandbox.lease import RUN, leased, order_labels
from harness.sandbox.look import look_at
from harness.sandbox.readiness import require_not_failed, wait_ready
from harness.sandbox.runtimes import chosen, require_runtime
from harness.sandbox.sample_image import open_sample_image
from harness.sandbox.shell import BashShell
from harness.sandbox.table import host_pid, process_table
from harness.sandbox.terminal import Terminal
from harness.sandbox.warden import IMAGE, Warden
from harness.sandbox.wires import HOLDER, open_wires
from harness.schema.environment import Environment
from harness.schema.task import Collect

_KEEP_QUIET = "stty -echo -onlcr 2>/dev/null; "


@dataclass
class DockerSandbox:
    """Real machines (see harness.protocols.Sandbox)."""

    engine: Engine
    order: SandboxOrder
    containers: Mapping[str, Container]
    labels: Mapping[str, str]
    wardens: Mapping[str, Warden]
    _frozen: bool = field(default=False)

    @property
    def agent_service(self) -> str:
        """The service that the agent works in."""
        return self.order.environment.agent_service

    @property
    def agent_user(self) -> str:
        """The user that the agent is."""
        return self._usual_user(None)

    @property
    def images(self) -> Mapping[str, str]:
        """Image ids by service."""
        return {name: container.image for name, container in self.containers.items()}

    @property
    def posture(self) -> Mapping[str, Any]:
        """What confines each service."""
        said = {
            name: {**container.posture, "kept": name in self._kept()}
            for name, container in self.containers.items()
        }
        if self.wardens:
            said[self.agent_service]["outside"] = self.order.outside
            said[self.agent_service]["fence"] = self.order.fence
        return said

    def _at(self, service: str | None) -> Container:
        return self.containers[service or self.agent_service]

    def exec(
        self,
        argv: Sequence[str],
        *,
        service: str | None = None,
        user: str | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout_seconds: float = 60.0,
        max_bytes: int = 1024**2,
    ) -> ExecResult:
        """Run one command, statelessly."""
        return self._at(service).processes.run(
            argv,
            user=user or self._usual_user(service),
            cwd=cwd,
            env=env,
            stdin=stdin,
            timeout_seconds=timeout_seconds,
            max_bytes=max_bytes,
        )

    def read(
        self, path: str, *, service: str | None = None, max_bytes: int = 16 * 1024**2
    ) -> bytes:
        """The content of a regular file."""
        return self._at(service).files.read(path, max_bytes=max_bytes)

    def write(
        self,
        path: str,
        data: bytes,
        *,
        service: str | None = None,
        owner: str | None = None,
        mode: int | None = None,
    ) -> None:
        """Create or replace a file, and the folders above it."""
        upload = Upload(path, data, owner or "root", 0o644 if mode is None else mode)
        self._at(service).files.write([upload])

    def open_shell(
        self, *, service: str | None = None, user: str | None = None, spool: Path | None = None
    ) -> AbstractContextManager[BashShell]:
        """A persistent shell."""
        processes = self._at(service).processes
        return closing(BashShell(processes, user or self._usual_user(service), spool))

    def open_program(
        self, command: str, *, service: str | None = None, user: str | None = None
    ) -> AbstractContextManager[Terminal]:
        """An interactive program on a terminal of its own."""
        argv = ["/bin/sh", "-c", _KEEP_QUIET + command]
        processes = self._at(service).processes
        return closing(Terminal(processes, argv, user or self._usual_user(service)))

    def _kept(self) -> set[str]:
        """The services whose main process is only a keeper: they have no log."""
        kept = self.order.environment.services[self.agent_service].command is None
        return {self.agent_service} if kept else set()

    def _usual_user(self, service: str | None) -> str:
        """The user that the environment names for a service."""
        name = service or self.agent_service
        return self.order.environment.services[name].user or "root"

    def try_boundary(self) -> Sequence[Probing]:
        """Attempts from inside the agent's network (see Warden.try_boundary)."""
        return self.wardens[HOLDER].try_boundary() if self.wardens else ()

    def look(self, paths: Sequence[str], heads: Mapping[str, int] | None = None) -> Seen:
        """What stands at and below some paths."""
        return look_at(self.containers, self.agent_service, paths, heads or {})

    def processes(self) -> Sequence[Mapping[str, Any]]:
        """What runs in the services."""
        return [
            {"service": name, **row}
            for name, container in self.containers.items()
            for row in process_table(container)
        ]

    def host_pids(self) -> Mapping[str, int]:
        """The services' main processes, where the engine's machine is this one."""
        found = {name: host_pid(container) for name, container in self.containers.items()}
        return {name: pid for name, pid in found.items() if pid is not None}

    def freeze(self) -> None:
        """Stop all processes in the agent's service. Raises SandboxLost when it is gone."""
        if not self._frozen:
            self._at(None).pause()
            self._frozen = True

    def collect(self, spec: Collect, uploads: Mapping[str, bytes], into: Path) -> None:
        """Write the end state to `into`."""
        into.mkdir(parents=True, exist_ok=True)
        collector = Collector(self.containers, self.agent_service, into)
        for name, warden in self.wardens.items():
            warden.end()
            warden.save(into / "sensors", name)
        collector.logs(besides=self._kept())
        collector.files(spec)
        with ExitStack() as stack:
            snapshot: Container | None = None
            probes = []
            for command in spec.commands:
                where = self.containers.get(command.service or self.agent_service)
                if where is self._at(None):
                    snapshot = snapshot or stack.enter_context(self._snapshot())
                    where = snapshot
                if where is not None:
                    probes.append(run_probe(where, command, uploads))
            write_probes(probes, into)
        if self._frozen:
            self._at(None).processes.require_running()

    def _snapshot(self) -> AbstractContextManager[Container]:
        service = self.order.environment.services[self.agent_service]
        name = f"harness-{secrets.token_hex(6)}-snapshot"
        return open_snapshot(self.engine, self._at(None), service, name, self.labels)


@dataclass
class DockerSandboxes:
    """Sandboxes on one engine (see harness.protocols.Sandboxes)."""

    engine: Engine
    image_store: Images
    runtime: str | None = None

    @property
    def posture(self) -> Mapping[str, Any]:
        """What the engine is and can, and the runtime that containers get."""
        return {**self.engine.posture, "runtime": chosen(self.engine, self.runtime)}

    def images(self, environment: Environment, folder: Path) -> Mapping[str, str]:
        """Image ids by service, built when needed. Raises ContainmentError, SandboxError."""
        found = {}
        for name, service in environment.services.items():
            require_runtime(self.engine, service, self.runtime, f"service {name}")
            if service.build is not None:
                tag = f"harness/env-{folder.name}-{name}"
                found[name] = self.image_store.build(folder / service.build, tag)
            else:
                found[name] = self.image_store.resolve(str(service.image))
        if environment.network_mode != "none":
            self.image_store.resolve(IMAGE)
        return found

    @contextmanager
    def open(self, order: SandboxOrder) -> Iterator[Sandbox]:
        """Start the machines of an order; all gone after the `with`."""
        environment = order.environment
        prefix = _prefix(order)
        with ExitStack() as stack:
            order = self._with_built(order, stack)
            wires = stack.enter_context(
                open_wires(self.engine, order, prefix, self.image_store.resolve)
            )
            containers = {
                name: stack.enter_context(
                    self._container(order, name, prefix, wires.attachment(name))
                )
                for name in environment.services
            }
            for name, container in containers.items():
                if order.uploads.get(name):
                    container.files.write(order.uploads[name])
            _start(environment, containers)
            yield DockerSandbox(
                self.engine, order, containers, order_labels(order, "snapshot"), wires.wardens
            )

    def _with_built(self, order: SandboxOrder, stack: ExitStack) -> SandboxOrder:
        """The order with the images that are built for this sample alone; `stack` removes them."""
        built = {
            name: stack.enter_context(
                open_sample_image(
                    self.image_store,
                    build,
                    f"image of service {name} of {order.sample}",
                    order_labels(order, f"image {name}"),
                )
            )
            for name, build in order.builds.items()
        }
        return dataclasses.replace(order, images={**order.images, **built}, builds={})

    def _container(
        self, order: SandboxOrder, name: str, prefix: str, network: Attachment
    ) -> AbstractContextManager[Container]:
        environment = order.environment
        service = environment.services[name]
        kept = service.command is None and name == environment.agent_service
        return open_container(
            self.engine,
            service,
            name=f"{prefix}-{name}",
            where=f"service {name} of {order.sample}",
            image=order.images[name],
            command=keeper(order.lease_seconds) if kept else service.command,
            user=KEEPER_USER if kept else service.user,
            network=network,
            env=order.env.get(name, {}),
            labels=order_labels(order, name),
            runtime=self.runtime,
        )

    def ping(self) -> None:
        """Raise EngineUnavailable when the engine is gone."""
        with engine_errors("engine"):
            self.engine.client.ping()

    def end(self, run: str) -> None:
        """Remove at once whatever containers live of a run; their users find them gone."""
        for thing in leased(self.engine):
            if thing.kind == "container" and thing.labels.get(RUN) == run:
                remove_container(self.engine, thing.id, thing.name)


def _prefix(order: SandboxOrder) -> str:
    """A name that is unique on the engine and tells the sample."""
    slug = re.sub(r"[^a-z0-9]+", "-", order.sample.lower()).strip("-")[:40]
    unique = hashlib.sha256(f"{order.run}{order.sample}{secrets.token_hex(8)}".encode())
    return f"harness-{slug}-{unique.hexdigest()[:8]}"


def _start(environment: Environment, containers: Mapping[str, Container]) -> None:
    """Start the services, the agent's last, and wait until those that say when are ready."""
    last = environment.agent_service
    for name in sorted(containers, key=lambda each: each == last):
        containers[name].start()
    for name, service in environment.services.items():
        if service.ready is not None:
            wait_ready(containers[name], service.ready)
        elif service.command is not None or name != last:
            require_not_failed(containers[name])
