"""Networks of our own small subnets: hundreds fit, and the host is on none that is sealed.

A sealed network is not what the engine calls internal: that one has the host's firewall drop what
leaves the subnet before the warden, which stands at the gateway, could write it down. Its bridge has
no address and nothing of it is translated, so nothing but the warden answers at the gateway.
"""

from __future__ import annotations

import ipaddress
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from docker.errors import APIError, NotFound
from docker.types import IPAMConfig, IPAMPool

from harness.errors import SandboxStartError, UsageError
from harness.sandbox.engine import Engine, engine_errors

# RFC 2544's range for benchmarks: never routed, and apart from what offices use.
_RANGE = "198.18.0.0/15"
PREFIX = 28
_TRIES = 64
_SEALED = {
    "com.docker.network.bridge.inhibit_ipv4": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "false",
}


def subnets() -> ipaddress.IPv4Network:
    """The range that networks are taken from. Raises UsageError when it is set wrongly."""
    text = os.environ.get("HARNESS_SUBNETS", _RANGE)
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise UsageError(
            "HARNESS_SUBNETS", f"not a network: {text!r}", f"write it like {_RANGE}"
        ) from error
    if not isinstance(network, ipaddress.IPv4Network) or network.prefixlen > PREFIX:
        raise UsageError(
            "HARNESS_SUBNETS", f"{text} holds no /{PREFIX}", f"give a larger range, like {_RANGE}"
        )
    return network


def _candidates() -> Iterator[str]:
    """Subnets in random order, so that harness processes on one engine seldom ask for the same."""
    whole = subnets()
    count = 2 ** (PREFIX - whole.prefixlen)
    size = 2 ** (32 - PREFIX)
    for index in random.sample(range(count), min(count, _TRIES)):
        yield f"{whole.network_address + index * size}/{PREFIX}"


@dataclass(frozen=True)
class Segment:
    """One network: its id and its subnet. The last address is the gateway's."""

    id: str
    subnet: ipaddress.IPv4Network

    def address(self, number: int) -> str:
        """The address of the `number`-th machine, from 1 to 13."""
        return str(self.subnet.network_address + number)

    @property
    def gateway(self) -> str:
        """Where machines send what is not for the segment."""
        return str(self.subnet.broadcast_address - 1)


@contextmanager
def open_network(
    engine: Engine, name: str, labels: Mapping[str, str], *, sealed: bool = True
) -> Iterator[Segment]:
    """A network for the time of the `with`; one that is not sealed leads out through the host.

    Raises SandboxStartError when no free subnet is found.
    """
    segment = _create(engine, name, labels, _SEALED if sealed else {})
    try:
        yield segment
    finally:
        with engine_errors(f"network {name}"), suppress(NotFound):
            engine.api.remove_network(segment.id)


def _create(
    engine: Engine, name: str, labels: Mapping[str, str], options: Mapping[str, str]
) -> Segment:
    with engine_errors(f"network {name}"):
        for subnet in _candidates():
            segment = Segment("", ipaddress.IPv4Network(subnet))
            try:
                answer = engine.api.create_network(
                    name,
                    driver="bridge",
                    ipam=IPAMConfig(
                        pool_configs=[IPAMPool(subnet=subnet, gateway=segment.gateway)]
                    ),
                    options=dict(options),
                    labels=dict(labels),
                )
                return Segment(str(answer["Id"]), segment.subnet)
            except APIError as error:
                text = str(error.explanation)
                if "overlap" not in text and "fully subnetted" not in text:
                    raise
    raise SandboxStartError(
        f"network {name}",
        f"no free subnet in {subnets()} after {_TRIES} tries",
        "run `harness clean`, lower --jobs, or set HARNESS_SUBNETS to another range",
    )
