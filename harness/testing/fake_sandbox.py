"""Sandboxes without Docker, for tests: real commands, real files, real shells, no confinement.

They pass the same conformance suite as containers, users aside. What is not used is not made:
opening one costs nothing, a command costs a process. Trouble can be ordered:

    FakeSandboxes(fail_open=SandboxStartError("service shop", "it was not ready", "mend it"))
    FakeSandboxes(lose_at=3)        # each sandbox is lost at its third command
    FakeSandboxes(open_seconds=2)   # slow machines

Tasks for them write paths inside commands relative to the agent's home, or as "$SANDBOX_ROOT/srv"
(see local_machine): "/srv" in a command is the host's.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import EngineUnavailable, SandboxError, SandboxLost, SandboxStartError
from harness.evidence import Probe
from harness.orders import SandboxOrder, Upload
from harness.protocols import ExecResult, Sandbox, Seen, ShellResult
from harness.results import Probing
from harness.sandbox.collect import Collector, run_probe, write_probes
from harness.sandbox.files import read_regular
from harness.sandbox.look import look_at
from harness.sandbox.shell import BashShell
from harness.sandbox.terminal import Terminal
from harness.schema.environment import Environment
from harness.schema.task import Collect, CollectCommand
from harness.testing.local_machine import LocalFiles, LocalMachine, LocalProcesses

_KEEP_QUIET = "stty -echo -onlcr 2>/dev/null; "


class _CountedShell(BashShell):
    """A shell whose commands count for `lose_at`."""

    sandbox: FakeSandbox

    def run(self, command: str, timeout_seconds: float) -> ShellResult:
        """Run a command in the session."""
        self.sandbox.count_command()
        return super().run(command, timeout_seconds)


@dataclass
class FakeSandbox:
    """Local machines of one sample (see harness.protocols.Sandbox); `log` of a service is given."""

    order: SandboxOrder
    logs: Mapping[str, str] = field(default_factory=dict)
    sensors: Mapping[str, str] = field(default_factory=dict)
    lose_at: int | None = None
    _machines: dict[str, LocalMachine] = field(default_factory=dict)
    _folder: Path | None = None
    _commands: int = 0
    _frozen: bool = False
    _lost: str = ""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def agent_service(self) -> str:
        """The service that the agent works in."""
        return self.order.environment.agent_service

    @property
    def agent_user(self) -> str:
        """The user that the agent would be."""
        return str(self.order.environment.services[self.agent_service].user)

    @property
    def images(self) -> Mapping[str, str]:
        """Image ids by service, as ordered."""
        return dict(self.order.images)

    @property
    def posture(self) -> Mapping[str, Any]:
        """Nothing confines a fake."""
        return {name: {"profile": "fake"} for name in self.order.environment.services}

    @property
    def folder(self) -> Path:
        """The host folder that holds the services' folders."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="harness-fake-"))
        return self._folder

    def _at(self, service: str | None) -> LocalMachine:
        name = service or self.agent_service
        with self._lock:
            if self._lost:
                raise SandboxLost(f"sandbox of {self.order.sample}", self._lost, "open another")
            if name not in self._machines:
                self._machines[name] = self._make(name)
            return self._machines[name]

    def _make(self, name: str) -> LocalMachine:
        service = self.order.environment.services[name]
        files = LocalFiles(self.folder / name)
        files.root.mkdir()
        files.write(self.order.uploads.get(name, ()))
        env = {**service.env, **self.order.env.get(name, {})}
        where = f"service {name} of {self.order.sample}"
        processes = LocalProcesses(files, service.workdir or "/", where, env)
        return LocalMachine(files, processes, self.logs.get(name, "").encode())

    def count_command(self) -> None:
        """One more command: at the ordered one, the sandbox is lost. Raises SandboxLost."""
        self._commands += 1
        if self._commands == self.lose_at:
            self.lose("its container stopped, as ordered")

    def lose(self, why: str) -> None:
        """Lose all machines under the feet of whoever uses them."""
        with self._lock:
            self._lost = why
            for machine in self._machines.values():
                machine.processes.end(why)

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
        self.count_command()
        return self._at(service).processes.run(
            argv,
            user=user,
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
        return read_regular(self._at(service).files, path, max_bytes=max_bytes)

    def write(
        self,
        path: str,
        data: bytes,
        *,
        service: str | None = None,
        owner: str | None = None,
        mode: int | None = None,
    ) -> None:
        """Create or replace a file, and the folders above it; owners are not kept."""
        upload = Upload(path, data, owner or "root", 0o644 if mode is None else mode)
        self._at(service).files.write([upload])

    def open_shell(
        self, *, service: str | None = None, user: str | None = None, spool: Path | None = None
    ) -> AbstractContextManager[BashShell]:
        """A persistent shell."""
        shell = _CountedShell(self._at(service).processes, user or self.agent_user, spool)
        shell.sandbox = self
        return closing(shell)

    def open_program(
        self, command: str, *, service: str | None = None, user: str | None = None
    ) -> AbstractContextManager[Terminal]:
        """An interactive program on a terminal of its own."""
        argv = ["/bin/sh", "-c", _KEEP_QUIET + command]
        return closing(Terminal(self._at(service).processes, argv, user or self.agent_user))

    def try_boundary(self) -> Sequence[Probing]:
        """Nothing: it has no network of its own."""
        return ()

    def look(self, paths: Sequence[str], heads: Mapping[str, int] | None = None) -> Seen:
        """What stands at and below some paths."""
        machines = {name: self._at(name) for name in self.order.environment.services}
        return look_at(machines, self.agent_service, paths, heads or {})

    def processes(self) -> Sequence[Mapping[str, Any]]:
        """Nothing is told: its processes are this machine's."""
        return ()

    def host_pids(self) -> Mapping[str, int]:
        """None: its services have no main process."""
        return {}

    def freeze(self) -> None:
        """Stop all processes in the agent's service."""
        if not self._frozen:
            self._at(None).processes.freeze()
            self._frozen = True

    def collect(self, spec: Collect, uploads: Mapping[str, bytes], into: Path) -> None:
        """Write the end state to `into`."""
        into.mkdir(parents=True, exist_ok=True)
        machines = {name: self._at(name) for name in self.order.environment.services}
        collector = Collector(machines, self.agent_service, into)
        for name, text in self.sensors.items():
            (into / "sensors").mkdir(exist_ok=True)
            (into / "sensors" / f"{name}.jsonl").write_text(text)
        collector.logs(besides=())
        collector.files(spec)
        with self._snapshot() as snapshot:
            probes = [self._probe(snapshot, command, uploads) for command in spec.commands]
        write_probes(probes, into)

    @contextmanager
    def _snapshot(self) -> Iterator[list[LocalMachine]]:
        """Where the copy of the agent's machine is put once a command asks for it."""
        made: list[LocalMachine] = []
        try:
            yield made
        finally:
            for machine in made:
                machine.processes.end("its commands are done")

    def _probe(
        self, snapshot: list[LocalMachine], command: CollectCommand, uploads: Mapping[str, bytes]
    ) -> Probe:
        if command.service not in {None, self.agent_service}:
            return run_probe(self._at(command.service), command, uploads)
        if not snapshot:
            snapshot.append(self._at(None).copy(self.folder / ".snapshot"))
        return run_probe(snapshot[0], command, uploads)

    def close(self) -> None:
        """End what runs and remove what was made."""
        self.lose("it was closed")
        if self._folder is not None:
            shutil.rmtree(self._folder)


@dataclass
class FakeSandboxes:
    """Where fake sandboxes come from (see harness.protocols.Sandboxes).

    `logs` is what each service will have printed, `sensors` what each sensor will have written. `fail_open` is raised by the first `fail_opens`
    openings (all of them when it is None), `lose_at` counts the commands of each sandbox from 1,
    `gone` makes `ping` raise. `orders` keeps what was opened, `most_open` how many at once.
    """

    logs: Mapping[str, str] = field(default_factory=dict)
    sensors: Mapping[str, str] = field(default_factory=dict)
    fail_open: SandboxError | None = None
    fail_opens: int | None = None
    lose_at: int | None = None
    open_seconds: float = 0.0
    gone: bool = False
    orders: list[SandboxOrder] = field(default_factory=list)
    most_open: int = 0
    _open: dict[int, FakeSandbox] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def posture(self) -> Mapping[str, Any]:
        """Nothing is confined."""
        return {"engine": "fake"}

    def images(self, environment: Environment, folder: Path) -> Mapping[str, str]:  # noqa: ARG002
        """A made-up image id for each service."""
        return {name: f"fake:{name}" for name in environment.services}

    @contextmanager
    def open(self, order: SandboxOrder) -> Iterator[Sandbox]:
        """A sandbox for the time of the `with`. Raises `fail_open`; builds no images."""
        if order.builds:
            raise SandboxStartError(
                f"fake sandbox of {order.sample}", "it builds no images", "use the Docker engine"
            )
        time.sleep(self.open_seconds)
        sandbox = FakeSandbox(order, self.logs, self.sensors, self.lose_at)
        with self._lock:
            self.orders.append(order)
            if self.fail_open and (self.fail_opens is None or len(self.orders) <= self.fail_opens):
                raise self.fail_open
            self._open[id(sandbox)] = sandbox
            self.most_open = max(self.most_open, len(self._open))
        try:
            yield sandbox
        finally:
            with self._lock:
                del self._open[id(sandbox)]
            sandbox.close()

    def ping(self) -> None:
        """Raise EngineUnavailable when told that the place is gone."""
        if self.gone:
            raise EngineUnavailable("fake engine", "it is gone, as ordered", "order another")

    def end(self, run: str) -> None:
        """Lose at once whatever lives of a run."""
        with self._lock:
            living = [each for each in self._open.values() if each.order.run == run]
        for sandbox in living:
            sandbox.lose("it was removed")
