"""What one warden is told when it starts: one JSON object in its environment."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

# Traffic of the warden's own carries this mark; setting it needs NET_ADMIN, which agents lack.
MARK = 0x5EA1
# The self-test's attempts carry another, of which no rule takes notice: the log tells them apart.
TEST_MARK = 0x7E57
SO_MARK = 36
SO_RCVBUFFORCE = 33
SELF_TEST = "self-test"
DNS_PORT, STREAM_PORT, SWALLOW_PORT, CLOSED_PORT = 61053, 61080, 61081, 61099
# The engine's own resolver in every namespace of a network.
RESOLVER = "127.0.0.11"
LOG_FOLDER = "/log"


@dataclass(frozen=True)
class Settings:
    """The sandbox as the warden sees it.

    `outside`: what becomes of everything out of scope, "refuse" or "sinkhole". It ends itself
    after `lease_seconds`. `gateways` are the addresses that the warden takes on its segments,
    "a.b.c.d/len" by its own address there. `hosts` maps names of services to the addresses that
    may be reached, `who` addresses to the names of services. `scoped`: of these, what the agent may
    contact, [address, port]; None is all of them. `allowed` holds [name, address,
    port] of what may be reached beyond the sandbox, through `egress`: the warden's own address
    on the way out and the gateway there. `nonces` are what the self-tests of this warden said.
    """

    outside: str
    lease_seconds: int
    gateways: dict[str, str] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    who: dict[str, str] = field(default_factory=dict)
    scoped: list[tuple[str, int]] | None = None
    allowed: list[tuple[str, str, int]] = field(default_factory=list)
    egress: tuple[str, str] | None = None
    capture_bytes: int = 0
    log_bytes: int = 32 * 1024**2
    records_a_second: int = 2000
    nonces: set[str] = field(default_factory=set)

    @property
    def sinkhole(self) -> bool:
        """Whether connections beyond the scope are taken and swallowed."""
        return self.outside == "sinkhole"


def load_settings() -> Settings:
    """The settings of this process, which its children do not inherit."""
    told: dict[str, Any] = json.loads(os.environ.pop("WARDEN"))
    return Settings(**told)
