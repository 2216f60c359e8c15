"""Who has which address on which segment, and what a warden must know of it.

The agent's machine lives in its warden's network namespace, so the warden has the agent's
addresses. Segments that the agent is not on have a second warden, which only watches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.sandbox.network import Segment
from harness.schema.environment import Environment

_WATCHER = 13


@dataclass(frozen=True)
class Endpoint:
    """One machine on one segment, with the name that others reach it by."""

    segment: Segment
    address: str
    alias: str


@dataclass(frozen=True)
class Wiring:
    """The endpoints of every service, and the wardens' segments."""

    agent: str
    segments: Mapping[str, Segment]
    members: Mapping[str, Sequence[str]]

    def endpoints(self, service: str) -> list[Endpoint]:
        """Where a service stands, in the order of the segments."""
        return [
            Endpoint(self.segments[name], self.segments[name].address(number), service)
            for name, number in self._places(service)
        ]

    def _places(self, service: str) -> Iterator[tuple[str, int]]:
        for name, names in self.members.items():
            if service in names:
                others = [each for each in names if each != self.agent]
                yield name, 1 if service == self.agent else 2 + others.index(service)

    @property
    def watched(self) -> list[Endpoint]:
        """Where the second warden stands: on the segments that the agent is not on."""
        return [
            Endpoint(self.segments[name], self.segments[name].address(_WATCHER), "")
            for name, names in self.members.items()
            if self.agent not in names
        ]

    def known(self, places: Sequence[Endpoint]) -> dict[str, Any]:
        """What the warden that stands at `places` is told of the network."""
        mine = {place.segment.id for place in places}
        services = dict.fromkeys(
            name for names in self.members.values() for name in names if name != self.agent
        )
        found = {
            name: [each.address for each in self.endpoints(name) if each.segment.id in mine]
            for name in services
        }
        return {
            "gateways": {
                place.address: f"{place.segment.gateway}/{place.segment.subnet.prefixlen}"
                for place in places
            },
            "who": {address: name for name, all_ in found.items() for address in all_},
        }

    def reachable(self) -> dict[str, str]:
        """The services that share a segment with the agent, and where it reaches them."""
        known = self.known(self.endpoints(self.agent))["who"]
        hosts = {name: address for address, name in reversed(known.items())}
        own = [each.address for each in self.endpoints(self.agent)]
        return hosts | ({self.agent: own[0]} if own else {})

    def scoped(self, hosts: Sequence[str]) -> list[tuple[str, int]]:
        """Address and port of those "service:port" that the agent can reach at all."""
        addresses = self.reachable()
        pairs = (each.lower().rpartition(":") for each in hosts)
        return [(addresses[name], int(port)) for name, _, port in pairs if name in addresses]


def wire(environment: Environment, segments: Mapping[str, Segment]) -> Wiring:
    """The wiring of an environment whose segments are open."""
    return Wiring(environment.agent_service, segments, environment.segments)
