"""The boundary, tried from inside: about 35 harmless attempts, each of which must be denied."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import SandboxError
from harness.orders import SandboxOrder, Upload
from harness.protocols import Sandbox, Sandboxes
from harness.sandbox.hostside import host_addresses
from harness.schema.environment import Environment

Profile = Literal["strict", "workstation", "target"]
NetworkMode = Literal["none", "sealed"]
PROFILES: tuple[Profile, ...] = ("strict", "workstation", "target")
NETWORKS: tuple[NetworkMode, ...] = ("none", "sealed")

SCRIPT = Path(__file__).with_name("probe_script.py")
_INSIDE = "/probe.py"
_SECONDS = 60.0
_PORT = 8000
# What a profile opens on purpose.
_DECLARED: Mapping[Profile, frozenset[str]] = {
    "strict": frozenset(),
    "workstation": frozenset({"trace-child"}),
    "target": frozenset({"trace-child", "new-privileges"}),
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

    A listener of ours on the host, bound for the test only, stands for the host's services; a
    second sandbox stands for the neighbours.
    """
    with ExitStack() as stack:
        port = stack.enter_context(_host_listener())
        neighbour = stack.enter_context(_open(sandboxes, "strict", "sealed"))
        addresses = neighbour.exec(["hostname", "-i"], service="peer").stdout.decode().split()
        tested = stack.enter_context(_open(sandboxes, profile, network))
        arguments = (
            str(port),
            ",".join(host_addresses()),
            ",".join(f"{address}:{_PORT}" for address in addresses),
        )
        return run_probes(tested, arguments, _DECLARED[profile])


def run_probes(
    sandbox: Sandbox, arguments: Sequence[str], declared: frozenset[str]
) -> list[Finding]:
    """Run the uploaded probe script as the agent's user. Raises SandboxError when it breaks."""
    answer = sandbox.exec(
        ["python3", "-I", _INSIDE, *arguments],
        user=sandbox.agent_user,
        cwd="/",
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


@contextmanager
def _host_listener() -> Iterator[int]:
    """A port of this host, on all its addresses, that accepts connections."""
    with socket.create_server(("", 0), backlog=64) as listener:
        yield int(listener.getsockname()[1])


@contextmanager
def _open(sandboxes: Sandboxes, profile: Profile, network: NetworkMode) -> Iterator[Sandbox]:
    environment = Environment.model_validate(_environment(profile, network))
    order = SandboxOrder(
        environment=environment,
        images=sandboxes.images(environment, Path()),
        run=f"self-test-{secrets.token_hex(4)}",
        sample=f"self-test {profile} {network}",
        lease_seconds=300.0,
        uploads={"box": [Upload(_INSIDE, SCRIPT.read_bytes(), mode=0o755)]},
        env={},
    )
    with sandboxes.open(order) as sandbox:
        yield sandbox


def _environment(profile: Profile, network: NetworkMode) -> dict[str, Any]:
    box = {"image": "harness/base", "user": "nobody", "profile": profile}
    services: dict[str, Any] = {"box": {**box, "setuid": profile == "target"}}
    if network == "sealed":
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
    }
