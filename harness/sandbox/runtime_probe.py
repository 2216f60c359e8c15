"""Trying a runtime out: what of a sandbox works in it on this engine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from harness.errors import SandboxError
from harness.sandbox.container import hardening, keeper, remove_container
from harness.sandbox.engine import Engine, engine_errors
from harness.sandbox.lease import lease_labels
from harness.sandbox.network import open_network
from harness.sandbox.processes import Processes
from harness.sandbox.runtimes import chosen
from harness.schema.environment import Service

_SECONDS = 60.0
_WHERE = "trying a runtime"
_SEES = "uname -r; grep -o eth0 /proc/net/dev"


@dataclass(frozen=True)
class Trial:
    """One way of opening a container: whether a command ran in it, and what was seen."""

    what: str
    works: bool
    said: str


def try_runtime(engine: Engine, runtime: str, image: str) -> Iterator[Trial]:
    """Open a hardened container without a network, on one of its own, and in another's.

    `image` needs a shell and grep. Raises SandboxError when the engine itself fails.
    """
    labels = lease_labels(f"runtime-{secrets.token_hex(4)}", "runtime", runtime, _SECONDS)
    trial = _Trials(engine, image, labels)
    alone = trial.run("no network", runtime, "none")
    yield alone
    if not alone.works:
        return  # a gVisor that fails to start leaves its processes behind: once is enough
    name = f"harness-runtime-{secrets.token_hex(4)}"
    with open_network(engine, name, labels) as network, ExitStack() as stack:
        yield trial.run("a sealed network", runtime, network.id, joined=True)
        holder = trial.start(stack, chosen(engine, None), network.id)
        yield trial.run("another container's network", runtime, f"container:{holder}", joined=True)


@dataclass(frozen=True)
class _Trials:
    engine: Engine
    image: str
    labels: dict[str, str]

    def run(self, what: str, runtime: str, network: str, *, joined: bool = False) -> Trial:
        """Run a command in a container; `joined` to a network when it must have a card of it."""
        try:
            with ExitStack() as stack:
                container = self.start(stack, runtime, network)
                answer = Processes(self.engine, container, _WHERE).run(
                    ["/bin/sh", "-c", _SEES], timeout_seconds=_SECONDS
                )
        except SandboxError as error:
            return Trial(what, works=False, said=error.what)
        kernel, *card = answer.stdout.decode().split() or ["unknown"]
        if joined and not card:
            return Trial(what, works=False, said=f"kernel {kernel}, but no network is seen")
        return Trial(what, works=answer.exit_code is not None, said=f"kernel {kernel}")

    def start(self, stack: ExitStack, runtime: str, network: str) -> str:
        """A running container that ends with the stack. Raises SandboxError."""
        api = self.engine.api
        options = hardening(self.engine, Service(image=self.image), runtime)
        with engine_errors(_WHERE):
            made = api.create_container(
                self.image,
                command=keeper(_SECONDS),
                labels=self.labels,
                host_config=api.create_host_config(network_mode=network, **options),
            )
        container = str(made["Id"])
        stack.callback(remove_container, self.engine, container, _WHERE)
        with engine_errors(_WHERE):
            api.start(container)
        return container
