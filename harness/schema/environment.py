"""`environment.toml`: the machines of a sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from harness.schema.forbidden import GRANTABLE, refused_capability
from harness.schema.types import Bytes, Closed, ContainerPath, HostPort, LocalPath, Name, Seconds
from harness.schema.types import User as UserName

_KERNELS = {"proc", "sys", "dev"}


class Readiness(Closed):
    """When a service is ready: exactly one of the probes, tried until it holds, `within` a time.

    `http` is a URL whose answer must have a status below 400, `tcp` a port that must accept,
    `command` a shell command that must exit with 0, all tried inside the service itself; `log`
    is a regular expression that must appear in the service's output.
    """

    http: str | None = Field(default=None, pattern=r"^http://")
    tcp: int | None = Field(default=None, ge=1, le=65535)
    command: str | None = None
    log: str | None = None
    within: Seconds = 20.0

    @model_validator(mode="after")
    def _one_probe(self) -> Self:
        given = [name for name in ("http", "tcp", "command", "log") if getattr(self, name)]
        if len(given) != 1:
            msg = f"needs exactly one of http, tcp, command, log; has {given or 'none'}"
            raise ValueError(msg)
        return self


class Service(Closed):
    """One container. Exactly one of `image` (a name known to the engine) and `build` (a folder).

    `setuid` and `capabilities` are what a target may need; with `read_only` the service can write
    below the `writable` folders alone.
    """

    image: str | None = None
    build: LocalPath | None = None
    command: Sequence[str] | None = None
    user: UserName | None = None
    workdir: ContainerPath | None = None
    env: Mapping[str, str] = Field(default_factory=dict)
    profile: Literal["strict", "workstation", "target", "escape"] = "strict"
    setuid: bool = False
    capabilities: Sequence[str] = ()
    read_only: bool = False
    writable: Sequence[ContainerPath] = ()
    memory: Bytes = 512 * 1024**2
    cpus: float = Field(default=1.0, gt=0, le=64)
    pids: int = Field(default=128, ge=4, le=32768)
    ready: Readiness | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.image is None) == (self.build is None):
            msg = "needs exactly one of image and build"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _extras_of_targets(self) -> Self:
        for name, given in (("setuid", self.setuid), ("capabilities", self.capabilities)):
            if given and self.profile not in {"target", "escape"}:
                msg = f'{name} works in profile "target" only; set profile = "target"'
                raise ValueError(msg)
        for name in self.capabilities:
            if reason := refused_capability(name):
                msg = f"capability {name} is refused: {reason}; grantable: {', '.join(GRANTABLE)}"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _writable_places(self) -> Self:
        if self.writable and not self.read_only:
            msg = "writable lists folders of a read-only root; set read_only = true or drop it"
            raise ValueError(msg)
        for path in self.writable:
            if path == "/" or path.split("/")[1] in _KERNELS:
                msg = f"writable cannot hold {path}; name a folder such as /home/agent"
                raise ValueError(msg)
        return self

    @property
    def places(self) -> Sequence[str]:
        """The folders below which files can be put, inner ones first."""
        return sorted(self.writable, key=len, reverse=True) if self.read_only else ("/",)


NetworkMode = Literal["none", "sealed", "allow"]
# What fits into one segment (see harness.sandbox.network).
MOST_MACHINES = 12


class Network(Closed):
    """Who reaches whom.

    `mode` is "sealed" (the services reach each other; every other attempt leads nowhere and is
    logged), "allow" (sealed, but for the hosts listed in `allow`) or "none". Left out, it is
    "sealed" where there are several services and "none" where there is one.
    """

    mode: NetworkMode | None = None
    allow: Sequence[HostPort] = ()
    segments: Mapping[Name, Sequence[Name]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _allow_needs_mode(self) -> Self:
        if self.allow and self.mode != "allow":
            msg = 'allow lists hosts for mode "allow" only; set mode = "allow" or drop the list'
            raise ValueError(msg)
        if self.mode == "allow" and not self.allow:
            msg = 'mode "allow" needs hosts in allow, such as "mirror.example:443"'
            raise ValueError(msg)
        return self


class Environment(Closed):
    """A set of machines. `agent_service` is where the agent works."""

    schema_: Literal[1] = Field(alias="schema")
    title: str = Field(min_length=1)
    agent_service: Name
    services: Mapping[Name, Service] = Field(min_length=1)
    network: Network = Network()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.agent_service not in self.services:
            msg = f'agent_service "{self.agent_service}" is not one of {sorted(self.services)}'
            raise ValueError(msg)
        agent = self.services[self.agent_service]
        if agent.user in {None, "root", "0"}:
            msg = f"services.{self.agent_service}.user must name a user other than root"
            raise ValueError(msg)
        members = {name for names in self.network.segments.values() for name in names}
        if unknown := members - set(self.services):
            msg = f"network.segments names unknown services {sorted(unknown)}"
            raise ValueError(msg)
        if self.network.segments and (alone := set(self.services) - members):
            msg = f"network.segments leaves out {sorted(alone)}; every service needs a segment"
            raise ValueError(msg)
        for name, names in self.segments.items():
            if len(names) > MOST_MACHINES:
                msg = f"segment {name} holds {len(names)} services; {MOST_MACHINES} fit"
                raise ValueError(msg)
        return self

    @property
    def network_mode(self) -> NetworkMode:
        """The declared mode, or what stands for it."""
        return self.network.mode or ("sealed" if len(self.services) > 1 else "none")

    @property
    def segments(self) -> Mapping[str, Sequence[str]]:
        """Services by network segment; one segment with all when none is declared.

        Empty where nobody has anybody to talk to.
        """
        if self.network_mode == "none" or len(self.services) == 1:
            return {}
        return self.network.segments or {"net": tuple(self.services)}
