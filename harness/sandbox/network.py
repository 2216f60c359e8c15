"""Internal networks of our own small subnets: hundreds fit, and the host is not on them."""

from __future__ import annotations

import ipaddress
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from docker.errors import APIError, NotFound
from docker.types import IPAMConfig, IPAMPool

from harness.errors import SandboxStartError, UsageError
from harness.sandbox.engine import Engine, engine_errors

# RFC 2544's range for benchmarks: never routed, and apart from what offices use.
_RANGE = "198.18.0.0/15"
PREFIX = 28
_TRIES = 64


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


@contextmanager
def open_network(engine: Engine, name: str, labels: Mapping[str, str]) -> Iterator[str]:
    """An internal network for the time of the `with`; gives its id.

    The bridge gets no address, so the host cannot be reached through the network's gateway.
    Raises SandboxStartError when no free subnet is found.
    """
    network = _create(engine, name, labels)
    try:
        yield network
    finally:
        with engine_errors(f"network {name}"), suppress(NotFound):
            engine.api.remove_network(network)


def _create(engine: Engine, name: str, labels: Mapping[str, str]) -> str:
    with engine_errors(f"network {name}"):
        for subnet in _candidates():
            try:
                answer = engine.api.create_network(
                    name,
                    driver="bridge",
                    internal=True,
                    ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)]),
                    options={"com.docker.network.bridge.inhibit_ipv4": "true"},
                    labels=dict(labels),
                )
                return str(answer["Id"])
            except APIError as error:
                text = str(error.explanation)
                if "overlap" not in text and "fully subnetted" not in text:
                    raise
    raise SandboxStartError(
        f"network {name}",
        f"no free subnet in {subnets()} after {_TRIES} tries",
        "run `harness clean`, lower --jobs, or set HARNESS_SUBNETS to another range",
    )
