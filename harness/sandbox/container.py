"""One hardened container: what it may do, its files, its processes, its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError, NotFound
from docker.types import LogConfig, Mount, Ulimit

from harness.errors import SandboxError
from harness.sandbox.bounded import Bounded
from harness.sandbox.engine import Engine, engine_errors
from harness.sandbox.files import Files
from harness.sandbox.processes import Processes
from harness.sandbox.runtimes import has_own_kernel, require_runtime
from harness.sandbox.seccomp import system_calls
from harness.sandbox.wiring import Endpoint
from harness.schema.environment import NetworkMode, Service

_FILE_BYTES = 1024**3
_OPEN_FILES = 4096
_DISK = "4G"
_LOG_BYTES = 4 * 1024**2


# Keeps a container alive for the agent's commands. As root without capabilities, so that the
# agent's `kill -9 -1` ends what the agent started and not its sandbox.
KEEPER_USER = "root"


def keeper(seconds: float) -> list[str]:
    """The main process of a container that only waits for commands, `seconds` at most."""
    return ["sleep", str(int(seconds))]


@dataclass(frozen=True)
class Attachment:
    """How a container is on the network: endpoints of its own, a warden's, or none.

    `resolver` is who answers for names that the engine does not know.
    """

    kind: NetworkMode
    hostname: str | None = None
    endpoints: Sequence[Endpoint] = ()
    holder: str | None = None
    resolver: str = "127.0.0.1"

    @property
    def options(self) -> dict[str, Any]:
        """The engine's options for it."""
        if self.holder is not None:
            return {"network_mode": f"container:{self.holder}"}
        return {
            "network_mode": self.endpoints[0].segment.id if self.endpoints else "none",
            # The engine would ask the host's resolver for names that it does not know.
            "dns": [self.resolver],
            "dns_opt": ["timeout:1", "attempts:2"],
        }


@dataclass(frozen=True)
class Container:
    """A created container, with handles on its files and processes."""

    engine: Engine
    id: str
    where: str
    image: str
    files: Files
    processes: Processes
    posture: Mapping[str, Any]

    def start(self) -> None:
        """Start it. Raises SandboxError."""
        with engine_errors(self.where):
            self.engine.api.start(self.id)

    def failure(self) -> int | None:
        """The exit code of its main process when that ended with one other than 0."""
        with engine_errors(self.where):
            state = self.engine.api.inspect_container(self.id)["State"]
        return None if state["Running"] else (int(state["ExitCode"]) or None)

    def pause(self) -> None:
        """Stop all its processes where they stand. Raises SandboxError."""
        with engine_errors(self.where):
            self.engine.api.pause(self.id)

    def log(self, max_bytes: int = _LOG_BYTES) -> bytes:
        """What its main process printed: head and tail when it is more than `max_bytes`."""
        kept = Bounded(max_bytes)
        with engine_errors(self.where):
            for chunk in self.engine.api.logs(self.id, stream=True, follow=False):
                kept.feed(chunk)
        return kept.value()

    def last_log(self, lines: int) -> str:
        """The last lines of its log as text; empty when the log cannot be read."""
        try:
            with engine_errors(self.where):
                data = self.engine.api.logs(self.id, tail=lines)
        except SandboxError:
            return ""
        return bytes(data).decode("utf-8", "replace").rstrip()


def hardening(engine: Engine, service: Service, runtime: str) -> dict[str, Any]:
    """The engine's options for a service: closed by default, opened only as it declares."""
    calls = system_calls(service.profile)
    options: dict[str, Any] = {
        "runtime": runtime,
        "cap_drop": ["ALL"],
        "cap_add": list(service.capabilities),
        "security_opt": [
            f"seccomp={calls.text}",
            *([] if service.setuid else ["no-new-privileges"]),
        ],
        "read_only": service.read_only,
        "mem_limit": service.memory,
        "memswap_limit": service.memory,
        "nano_cpus": int(service.cpus * 1e9),
        "pids_limit": service.pids,
        "ipc_mode": "private",
        "init": True,
        "ulimits": [
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="nofile", soft=_OPEN_FILES, hard=_OPEN_FILES),
            Ulimit(name="fsize", soft=_FILE_BYTES, hard=_FILE_BYTES),
        ],
        "log_config": LogConfig(
            type=LogConfig.types.JSON, config={"max-size": "16m", "max-file": "1"}
        ),
    }
    if engine.storage_quota:
        options["storage_opt"] = {"size": _DISK}
    return options


def _writable(service: Service, labels: Mapping[str, str]) -> list[Mount]:
    """A volume for each writable folder, filled from the image and removed with the container.

    Not a tmpfs: the engine's archive calls, by which files come and go, do not see into one.
    """
    return [
        Mount(target=path, source="", type="volume", labels=dict(labels))
        for path in service.writable
    ]


def _posture(
    engine: Engine, service: Service, options: Mapping[str, Any], network: str
) -> dict[str, Any]:
    """What holds for a container, as the run records it."""
    runtime = str(options["runtime"])
    # A kernel of its own need not apply the filter, and gVisor does not by default.
    filtered = not has_own_kernel(engine, runtime)
    return {
        "profile": service.profile,
        "runtime": runtime,
        "seccomp": system_calls(service.profile).posture if filtered else None,
        "user": service.user,
        "capabilities": options["cap_add"],
        "no_new_privileges": not service.setuid,
        "read_only": service.read_only,
        "writable": list(service.writable),
        "network": network,
        "memory_bytes": service.memory,
        "cpus": service.cpus,
        "pids": service.pids,
        "open_files": _OPEN_FILES,
        "file_bytes": _FILE_BYTES,
        "disk_quota": options.get("storage_opt", {}).get("size"),
        "user_namespace": engine.user_namespaces,
    }


@contextmanager
def open_container(
    engine: Engine,
    service: Service,
    *,
    name: str,
    where: str,
    image: str,
    command: Sequence[str] | None,
    user: str | None,
    network: Attachment,
    env: Mapping[str, str],
    labels: Mapping[str, str],
    runtime: str | None = None,
    volumes_from: str | None = None,
) -> Iterator[Container]:
    """Create a container (not started yet) for the time of the `with`. Raises SandboxError.

    `volumes_from` is a container whose writable folders it gets, instead of some of its own.
    """
    options = hardening(engine, service, require_runtime(engine, service, runtime, where))
    if volumes_from is None:
        options["mounts"] = _writable(service, labels)
    else:
        options["volumes_from"] = [volumes_from]
    api = engine.api
    with engine_errors(where):
        created = api.create_container(
            image,
            command=list(command) if command else None,
            name=name,
            hostname=network.hostname,
            user=user,
            working_dir=service.workdir,
            environment={**service.env, **env},
            labels=dict(labels),
            host_config=api.create_host_config(**network.options, **options),
            networking_config=endpoints_config(engine, network.endpoints[:1]),
        )
    container = str(created["Id"])
    try:
        with engine_errors(where):
            connect(engine, container, network.endpoints[1:])
        yield Container(
            engine=engine,
            id=container,
            where=where,
            image=image,
            files=Files(engine, container, where, service.places),
            processes=Processes(engine, container, where),
            posture=_posture(engine, service, options, network.kind),
        )
    finally:
        remove_container(engine, container, where)


def endpoints_config(engine: Engine, endpoints: Sequence[Endpoint]) -> Any:
    """The engine's word for a container's first network: address and alias."""
    if not endpoints:
        return None
    first = endpoints[0]
    endpoint = engine.api.create_endpoint_config(
        ipv4_address=first.address, aliases=[first.alias] if first.alias else None
    )
    config: Any = {first.segment.id: endpoint}
    return engine.api.create_networking_config(config)


def connect(engine: Engine, container: str, endpoints: Sequence[Endpoint]) -> None:
    """Put a container on further networks."""
    for each in endpoints:
        engine.api.connect_container_to_network(
            container,
            each.segment.id,
            ipv4_address=each.address,
            aliases=[each.alias] if each.alias else None,
        )


def remove_container(engine: Engine, container: str, where: str) -> None:
    """Remove a container with its processes and volumes; fine when it is gone already.

    It is tried twice: gVisor fails at the first with a container that is frozen.
    """
    with engine_errors(where), suppress(NotFound):
        for last in (False, True):
            try:
                engine.api.remove_container(container, force=True, v=True)
            except APIError as error:
                if "already in progress" in str(error.explanation):
                    return
                if last:
                    raise
            else:
                return
