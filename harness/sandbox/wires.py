"""A sandbox's network, opened: its segments, and the wardens that hold and watch them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from harness.orders import SandboxOrder
from harness.sandbox.container import Attachment
from harness.sandbox.engine import Engine
from harness.sandbox.lease import order_labels
from harness.sandbox.network import open_network
from harness.sandbox.warden import IMAGE, Warden, open_warden, resolve_allowed
from harness.sandbox.wiring import Endpoint, Wiring, wire
from harness.schema.environment import NetworkMode

# The warden in whose namespace the agent lives, and the one on segments that the agent is not on.
HOLDER, WATCHER = "network", "network-beyond"


@dataclass(frozen=True)
class Wires:
    """What a sandbox's machines are attached to."""

    mode: NetworkMode
    wiring: Wiring
    wardens: Mapping[str, Warden]

    def attachment(self, service: str) -> Attachment:
        """How a service is on the network."""
        if self.mode == "none":
            return Attachment("none", hostname=service)
        if service == self.wiring.agent:
            return Attachment(self.mode, holder=self.wardens[HOLDER].id)
        endpoints = self.wiring.endpoints(service)
        resolver = endpoints[0].segment.gateway
        return Attachment(self.mode, hostname=service, endpoints=endpoints, resolver=resolver)


@contextmanager
def open_wires(
    engine: Engine, order: SandboxOrder, prefix: str, image: Callable[[str], str]
) -> Iterator[Wires]:
    """The network of an order for the time of the `with`; `image` gives an image's id by name.

    Raises SandboxError.
    """
    environment = order.environment
    mode = environment.network_mode
    with ExitStack() as stack:
        segments = {
            name: stack.enter_context(
                open_network(engine, f"{prefix}-{name}", order_labels(order, f"network {name}"))
            )
            for name in environment.segments
        }
        wiring = wire(environment, segments)
        wardens: dict[str, Warden] = {}
        if mode != "none":
            crew = _Crew(engine, order, prefix, image, stack)
            wardens[HOLDER] = crew.hire_holder(wiring)
            if wiring.watched:
                wardens[WATCHER] = crew.hire_watcher(wiring)
        yield Wires(mode, wiring, wardens)


@dataclass(frozen=True)
class _Crew:
    """Opens the wardens of one sandbox."""

    engine: Engine
    order: SandboxOrder
    prefix: str
    image: Callable[[str], str]
    stack: ExitStack

    def hire_holder(self, wiring: Wiring) -> Warden:
        """The warden that holds the agent's namespace."""
        places = wiring.endpoints(wiring.agent)
        settings: dict[str, Any] = {
            **wiring.known(places),
            "hosts": wiring.reachable(),
            "capture_bytes": self.order.capture_bytes,
        }
        if self.order.fence is not None:
            settings["scoped"] = wiring.scoped(self.order.fence)
        allow = self.order.environment.network.allow
        if allow:
            way_out = self._way_out()
            settings["allowed"] = resolve_allowed(self._where, allow)
            settings["egress"] = [way_out.address, way_out.segment.gateway]
            places = [*places, way_out]
        return self._hire(HOLDER, places, settings, hostname=wiring.agent)

    def hire_watcher(self, wiring: Wiring) -> Warden:
        """The warden of the segments that the agent is not on."""
        places = wiring.watched
        return self._hire(WATCHER, places, wiring.known(places), hostname="gateway")

    def _way_out(self) -> Endpoint:
        """A network of the sandbox's own that leads out; only the warden's traffic takes it."""
        name = f"{self.prefix}-way-out"
        labels = order_labels(self.order, "network out")
        segment = self.stack.enter_context(open_network(self.engine, name, labels, sealed=False))
        return Endpoint(segment, segment.address(1), "")

    @property
    def _where(self) -> str:
        return f"network of {self.order.sample}"

    def _hire(
        self, name: str, places: Sequence[Endpoint], known: Mapping[str, Any], *, hostname: str
    ) -> Warden:
        settings = {
            "outside": self.order.outside,
            "lease_seconds": int(self.order.lease_seconds),
            **known,
        }
        return self.stack.enter_context(
            open_warden(
                self.engine,
                name=f"{self.prefix}-{name}",
                where=self._where,
                image=self.image(IMAGE),
                hostname=hostname,
                endpoints=places,
                settings=settings,
                labels=order_labels(self.order, name),
            )
        )
