"""The warden: a container that holds an agent's network namespace, and the log of what it tried.

It is driven over its standard input and output by lines of JSON (see docker/warden).
"""

from __future__ import annotations

import json
import secrets
import socket
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from docker.types import LogConfig

from harness.errors import ContainmentError, SandboxLost, SandboxStartError
from harness.results import Probing
from harness.sandbox.connection import Connection
from harness.sandbox.container import connect, endpoints_config, remove_container
from harness.sandbox.engine import Engine, engine_errors
from harness.sandbox.files import Files
from harness.sandbox.hostside import host_addresses, nonce_listener
from harness.sandbox.wiring import Endpoint

IMAGE = "harness/warden"
_ANSWER_SECONDS = 30.0
_MEMORY_BYTES = 192 * 1024**2
_MOST_HOSTS = 16
# Where the engine puts its resolver, and the warden its own.
_RESOLVER = "127.0.0.11"
# A kernel or engine may make these impossible before the rules see them; then nothing leaves.
_MAY_BE_IMPOSSIBLE = {"icmp", "ipv6", "ipv6-udp"}
_IMPOSSIBLE = {"EACCES", "EPERM", "EAFNOSUPPORT", "EADDRNOTAVAIL", "ENETUNREACH", "EPROTONOSUPPORT"}


@dataclass
class Warden:
    """A running warden. `sinkhole` says that connections seem to succeed."""

    engine: Engine
    id: str
    where: str
    sinkhole: bool
    _connection: Connection
    _frames: bytearray
    _lines: bytearray

    def wait_ready(self) -> None:
        """Return when its rules are in force. Raises SandboxStartError."""
        try:
            self._answer()
        except SandboxLost as error:
            raise SandboxStartError(
                self.where,
                "the rules of the network could not be put in force",
                "see what it printed below; does the kernel have nf_tables and nfnetlink_log?",
                detail=error.detail,
            ) from error

    def try_boundary(self) -> list[Probing]:
        """Make attempts from inside that must lead nowhere and be logged. Raises SandboxError."""
        nonce = secrets.token_hex(8)
        addresses = host_addresses()[:_MOST_HOSTS]
        with nonce_listener(nonce) as listener:
            hosts = [[address, listener.port] for address in addresses]
            told = self._ask({"do": "test", "nonce": nonce, "hosts": hosts})
            reached = listener.heard()
        findings = [self._judge(each) for each in told["probes"]]
        said = "the host's listener heard it" if reached else "the host's listener heard nothing"
        return [*findings, Probing(probe="host", held=not reached, said=said)]

    def _judge(self, found: Mapping[str, Any]) -> Probing:
        """Whether one attempt led nowhere and is in the log."""
        probe, error = str(found["probe"]), str(found["error"])
        if not found["seen"]:
            held = probe in _MAY_BE_IMPOSSIBLE and error in _IMPOSSIBLE
            return Probing(probe=probe, held=held, said=f"not in the log ({error or 'sent'})")
        connected = found["answered"] and probe not in {"udp", "icmp", "dns", "ipv6-udp"}
        if connected and not self.sinkhole:
            return Probing(probe=probe, held=False, said="something answered")
        return Probing(probe=probe, held=True, said=f"logged ({error or 'swallowed'})")

    def end(self) -> Mapping[str, int]:
        """Have it finish its log; what it had to leave out, by reason. Raises SandboxLost."""
        lost: Mapping[str, int] = self._ask({"do": "end"})["lost"]
        return lost

    def save(self, into: Path, name: str) -> None:
        """Write its log and capture as `into/<name>.jsonl` and `.pcap`. Raises SandboxError."""
        into.mkdir(parents=True, exist_ok=True)
        for member, stream in Files(self.engine, self.id, self.where).members("/log"):
            if stream is not None:
                _copy(member, stream, into / f"{name}{Path(member.name).suffix}")

    def _ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        try:
            self._connection.sendall(json.dumps(command).encode() + b"\n")
        except OSError as error:
            raise self._gone("its connection was cut") from error
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        """The next line that it prints."""
        deadline = time.monotonic() + _ANSWER_SECONDS
        while b"\n" not in self._lines:
            self._connection.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self._connection.recv(65536)
            except TimeoutError as error:
                raise self._gone("it does not answer") from error
            except OSError as error:
                raise self._gone("its connection was cut") from error
            if not data:
                raise self._gone("it ended")
            self._frames += data
            self._unframe()
        line, _, rest = bytes(self._lines).partition(b"\n")
        self._lines[:] = rest
        try:
            return dict(json.loads(line))
        except ValueError as error:
            raise self._gone("it printed what is not an answer") from error

    def _unframe(self) -> None:
        """Take the payloads out of the engine's frames: 8 header bytes, then data."""
        while len(self._frames) >= 8:  # noqa: PLR2004 - the header
            size = int.from_bytes(self._frames[4:8], "big")
            if len(self._frames) < 8 + size:
                return
            self._lines += self._frames[8 : 8 + size]
            del self._frames[: 8 + size]

    def _gone(self, what: str) -> SandboxLost:
        said = self._lines.decode("utf-8", "replace")[-2000:]
        return SandboxLost(
            self.where, f"the network's warden failed: {what}", "see the engine's log", detail=said
        )


@contextmanager
def open_warden(
    engine: Engine,
    *,
    name: str,
    where: str,
    image: str,
    hostname: str,
    endpoints: Sequence[Endpoint],
    settings: Mapping[str, Any],
    labels: Mapping[str, str],
) -> Iterator[Warden]:
    """A warden whose rules are in force, for the time of the `with`. Raises SandboxError."""
    api = engine.api
    with engine_errors(where):
        created = api.create_container(
            image,
            name=name,
            hostname=hostname,
            environment={"WARDEN": json.dumps(settings)},
            labels=dict(labels),
            stdin_open=True,
            host_config=api.create_host_config(
                network_mode=endpoints[0].segment.id if endpoints else "none",
                # Without a segment the engine would name the host's own resolvers inside.
                dns=[_RESOLVER],
                **_options(),
            ),
            networking_config=endpoints_config(engine, endpoints[:1]),
        )
    container = str(created["Id"])
    try:
        with engine_errors(where):
            connect(engine, container, endpoints[1:])
            stream = api.attach_socket(
                container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            )
            connection = Connection(stream)
        with closing(connection):
            with engine_errors(where):
                api.start(container)
            sinkhole = settings["outside"] == "sinkhole"
            warden = Warden(
                engine, container, where, sinkhole, connection, bytearray(), bytearray()
            )
            warden.wait_ready()
            yield warden
    finally:
        remove_container(engine, container, where)


def _options() -> dict[str, Any]:
    """A warden may change its own network namespace, and nothing else."""
    return {
        "cap_drop": ["ALL"],
        "cap_add": ["NET_ADMIN"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": _MEMORY_BYTES,
        "memswap_limit": _MEMORY_BYTES,
        "pids_limit": 512,
        "nano_cpus": 1_000_000_000,
        "ipc_mode": "private",
        # Attempts by IPv6 reach the rules by lo; no other interface speaks it.
        "sysctls": {"net.ipv6.conf.lo.disable_ipv6": "0"},
        "log_config": LogConfig(type="none"),
    }


def resolve_allowed(where: str, allow: Sequence[str]) -> list[tuple[str, str, int]]:
    """(name, address, port) for each "host:port": its addresses now, kept for the sandbox's life.

    Raises SandboxStartError for a name without an address, ContainmentError for one that leads
    to this machine's own loopback or link.
    """
    import ipaddress

    found = []
    for entry in allow:
        name, _, port = entry.rpartition(":")
        try:
            rows = socket.getaddrinfo(name, int(port), socket.AF_INET, socket.SOCK_STREAM)
        except OSError as error:
            raise SandboxStartError(
                where, f"{name} has no address ({error})", "mend network.allow, or the host's DNS"
            ) from error
        for address in dict.fromkeys(str(row[4][0]) for row in rows):
            kind = ipaddress.ip_address(address)
            if kind.is_loopback or kind.is_link_local or kind.is_multicast or kind.is_unspecified:
                raise ContainmentError(
                    where,
                    f"{name} leads to {address}, which no sandbox may reach",
                    "take it out of network.allow",
                )
            found.append((name, address, int(port)))
    return found


def _copy(member: tarfile.TarInfo, stream: IO[bytes], into: Path) -> None:
    with into.open("wb") as file, suppress(EOFError):
        left = member.size
        while left > 0 and (data := stream.read(min(left, 1 << 20))):
            file.write(data)
            left -= len(data)
