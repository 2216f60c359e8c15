"""The boundary, tried from inside: about 35 harmless attempts, each of which must be denied."""

from __future__ import annotations

import json
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import SandboxError
from harness.orders import SandboxOrder
from harness.protocols import Sandbox, Sandboxes
from harness.sandbox.hostside import host_addresses
from harness.schema.environment import Environment, NetworkMode
from harness.schema.task import Collect

Profile = Literal["strict", "workstation", "target", "escape"]
# Those that every engine has; "escape" needs a runtime with a kernel of its own.
PROFILES: tuple[Profile, ...] = ("strict", "workstation", "target")
ESCAPE: Profile = "escape"
NETWORKS: tuple[NetworkMode, ...] = ("none", "sealed", "allow")

SCRIPT = Path(__file__).with_name("probe_script.py")
NETWORK_SCRIPT = Path(__file__).with_name("probe_network.py")
_FAR, _FAR6, _METADATA = "192.0.2.1:443", "[2001:db8::1]:443", "169.254.169.254:80"
_NAME = "beyond.invalid"
_SECONDS = 60.0
_PORT = 8000
# What a profile opens on purpose.
_DECLARED: Mapping[Profile, frozenset[str]] = {
    "strict": frozenset(),
    "workstation": frozenset({"trace-child"}),
    "target": frozenset({"trace-child", "new-privileges"}),
    "escape": frozenset({"trace-child"}),
}


@dataclass(frozen=True)
class Finding:
    """One probe's outcome. `declared`: the profile allows it on purpose."""

    probe: str
    what: str
    denied: bool
    declared: bool
    said: str

    @property
    def holds(self) -> bool:
        """Whether the boundary is where it is said to be."""
        return self.denied or self.declared


def self_test(sandboxes: Sandboxes, profile: Profile, network: NetworkMode) -> list[Finding]:
    """Try the boundary of one profile and network from inside. Raises SandboxError.

    Listeners of ours on the host, bound for the test only, stand for the host's services; a
    second sandbox stands for the neighbours.
    """
    with ExitStack() as stack:
        wanted = stack.enter_context(host_targets())
        allowed = stack.enter_context(_host_listener())
        hosts = host_addresses()
        allow = [f"{each}:{allowed}" for each in hosts[:1]]
        neighbour = stack.enter_context(_open(sandboxes, "strict", "sealed", ()))
        addresses = neighbour.exec(["hostname", "-i"], service="peer").stdout.decode().split()
        wanted["neighbour"] = [f"{address}:{_PORT}" for address in addresses]
        tested = stack.enter_context(_open(sandboxes, profile, network, allow))
        findings = run_probes(tested, SCRIPT, "", _DECLARED[profile])
        findings += run_probes(tested, NETWORK_SCRIPT, json.dumps(wanted), _DECLARED[profile])
        if network != "none":
            _require_reached(tested, [f"peer:{_PORT}", *(allow if network == "allow" else ())])
        return [*findings, _unlogged(tested, wanted, network)]


@contextmanager
def host_targets() -> Iterator[dict[str, list[str]]]:
    """What the network's probes try, with listeners of ours on the host."""
    with _host_listener() as port, _host_echo() as echo:
        hosts = host_addresses()
        yield {
            "host": [f"{each}:{port}" for each in hosts],
            "host-udp": [f"{each}:{echo}" for each in hosts],
            "host-icmp": hosts,
            "metadata": [_METADATA],
            "beyond": [_FAR],
            "beyond-ipv6": [_FAR6],
            "dns": [_NAME],
        }


def run_probes(
    sandbox: Sandbox, script: Path, argument: str, declared: frozenset[str]
) -> list[Finding]:
    """Run a probe script as the agent's user. Raises SandboxError when it breaks."""
    answer = sandbox.exec(
        ["python3", "-I", "-", argument],
        user=sandbox.agent_user,
        cwd="/",
        stdin=script.read_bytes(),
        timeout_seconds=_SECONDS,
    )
    try:
        found = json.loads(answer.stdout)
    except ValueError as error:
        raise SandboxError(
            "containment self-test",
            f"the probes gave no answer (exit code {answer.exit_code})",
            "see what they printed below",
            detail=answer.stderr.decode("utf-8", "replace"),
        ) from error
    return [
        Finding(name, each["what"], each["denied"], name in declared, each["said"])
        for name, each in found.items()
    ]


def _require_reached(sandbox: Sandbox, targets: Sequence[str]) -> None:
    """Raise SandboxError when something in scope is not reached: then nothing was proven."""
    code = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"
    for target in targets:
        host, _, port = target.rpartition(":")
        answer = sandbox.exec(["python3", "-c", code, host, port], user=sandbox.agent_user)
        if answer.exit_code != 0:
            raise SandboxError(
                "containment self-test",
                f"{target} is in scope and was not reached",
                "see what was printed below",
                detail=answer.stderr.decode("utf-8", "replace"),
            )


def _unlogged(sandbox: Sandbox, wanted: Mapping[str, Sequence[str]], network: str) -> Finding:
    """Whether any of the attempts on a network is missing from its log."""
    what = "Try any of this without a record"
    if network == "none":
        return Finding("unlogged", what, denied=True, declared=False, said="there is no network")
    with tempfile.TemporaryDirectory() as folder:
        sandbox.collect(Collect(), {}, Path(folder))
        lines = (Path(folder) / "sensors" / "network.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    seen = {(row.get("target"), row.get("port")) for row in rows}
    seen |= {(row.get("name"), None) for row in rows if row["kind"] == "dns"}
    tried = {_as_logged(target) for targets in wanted.values() for target in targets}
    missing = sorted(str(name) for name, port in tried - seen)
    said = f"not in the log: {', '.join(missing)}" if missing else f"all {len(tried)} are logged"
    return Finding("unlogged", what, denied=not missing, declared=False, said=said)


def _as_logged(target: str) -> tuple[str, int | None]:
    host, _, port = target.rpartition(":")
    return (host.strip("[]"), int(port)) if host else (target, None)


@contextmanager
def _host_listener() -> Iterator[int]:
    """A port of this host, on all its addresses, that accepts connections."""
    with socket.create_server(("", 0), backlog=64) as listener:
        yield int(listener.getsockname()[1])


@contextmanager
def _host_echo() -> Iterator[int]:
    """A port of this host, on all its addresses, that sends datagrams back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", 0))
        server.settimeout(0.2)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):
                    data, peer = server.recvfrom(256)
                    server.sendto(data, peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            ended.set()
            thread.join()


@contextmanager
def _open(
    sandboxes: Sandboxes, profile: Profile, network: NetworkMode, allow: Sequence[str]
) -> Iterator[Sandbox]:
    environment = Environment.model_validate(_environment(profile, network, allow))
    order = SandboxOrder(
        environment=environment,
        images=sandboxes.images(environment, Path()),
        run=f"self-test-{secrets.token_hex(4)}",
        sample=f"self-test {profile} {network}",
        lease_seconds=300.0,
        uploads={},
        env={},
    )
    with sandboxes.open(order) as sandbox:
        yield sandbox


def _environment(profile: Profile, network: NetworkMode, allow: Sequence[str]) -> dict[str, Any]:
    box = {"image": "harness/base", "user": "nobody", "profile": profile}
    services: dict[str, Any] = {"box": {**box, "setuid": profile == "target"}}
    if network != "none":
        services["peer"] = {
            "image": "harness/base",
            "user": "nobody",
            "command": ["python3", "-m", "http.server", str(_PORT)],
            "ready": {"tcp": _PORT},
        }
    return {
        "schema": 1,
        "title": "the self-test",
        "agent_service": "box",
        "services": services,
        "network": {"mode": network, "allow": allow if network == "allow" else ()},
    }
