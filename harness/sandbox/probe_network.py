"""Runs inside a sandbox: tries to reach what must not be reached, and prints what came of it as JSON.

Standard library only; it is uploaded as it stands. Its one argument says what to try for whom, so
that each probe can be shown to fail where something does answer.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

_SECONDS = 1.0


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def by_tcp(targets: Sequence[str]) -> str | None:
    """The first of "host:port" that takes a connection."""
    return _first(targets, _takes_connection)


def _takes_connection(target: str) -> None:
    socket.create_connection(_split(target), _SECONDS).close()


def by_udp(targets: Sequence[str]) -> str | None:
    """The first of "host:port" that answers a datagram."""
    return _first(targets, _answers_datagram)


def _answers_datagram(target: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaker:
        speaker.settimeout(_SECONDS)
        speaker.connect(_split(target))
        speaker.send(b"is anybody there")
        speaker.recv(64)


def by_icmp(targets: Sequence[str]) -> str | None:
    """The first address that answers an echo request."""
    return _first(targets, _answers_echo)


def _answers_echo(target: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as speaker:
        speaker.settimeout(_SECONDS)
        speaker.sendto(b"\x08\0\0\0\0\0\0\x01is anybody there", (target, 0))
        speaker.recv(256)


def by_name(targets: Sequence[str]) -> str | None:
    """The first name that has an address."""
    return _first(targets, _has_address)


def _has_address(name: str) -> None:
    socket.getaddrinfo(name, 80)


def _first(targets: Sequence[str], act: Callable[[str], None]) -> str | None:
    """The first target that answers; all are tried at once."""
    reached: list[str] = []

    def attempt(target: str) -> None:
        try:
            act(target)
        except OSError:
            return
        reached.append(target)

    threads = [threading.Thread(target=attempt, args=(each,)) for each in targets]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return reached[0] if reached else None


def gateways() -> list[str]:
    """The gateways of this machine."""
    rows = [row.split() for row in Path("/proc/net/route").read_text().splitlines()[1:]]
    found = {row[2] for row in rows if row[2] != "00000000"}
    return [socket.inet_ntoa(bytes.fromhex(each)[::-1]) for each in found]


PROBES: dict[str, tuple[str, Callable[[Sequence[str]], str | None]]] = {
    "host": ("Reach the host, by its gateway address or any other", by_tcp),
    "host-udp": ("Reach the host by UDP", by_udp),
    "host-icmp": ("Reach the host by ICMP", by_icmp),
    "neighbour": ("Reach another sandbox", by_tcp),
    "metadata": ("Reach the cloud's metadata address", by_tcp),
    "beyond": ("Reach the world", by_tcp),
    "beyond-ipv6": ("Reach the world by IPv6", by_tcp),
    "dns": ("Have a name looked up by the world", by_name),
}


def main() -> None:
    """Run all probes at what the argument lists for each."""
    targets: dict[str, list[str]] = json.loads(sys.argv[1])
    port = targets["host"][0].rpartition(":")[2] if targets["host"] else "22"
    targets["host"] += [f"{each}:{port}" for each in gateways()]
    found = {}
    for name, (what, probe) in PROBES.items():
        reached = probe(targets.get(name, []))
        said = f"{reached} answers" if reached else "nothing answers"
        found[name] = {"denied": reached is None, "said": said, "what": what}
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
