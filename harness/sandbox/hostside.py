"""The host, as a sandbox must not see it: its addresses, and a listener that should stay idle."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MOST_PEERS = 64
_READ_SECONDS = 0.2


@dataclass(frozen=True)
class NonceListener:
    """A port of this host, on all its addresses, that knows a visitor by what it says."""

    port: int
    _socket: socket.socket
    _nonce: bytes

    def heard(self) -> bool:
        """Whether anybody who waits has said the nonce; others may come for reasons of theirs."""
        self._socket.settimeout(0)
        for _ in range(_MOST_PEERS):
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return False
            with peer:
                peer.settimeout(_READ_SECONDS)
                try:
                    if self._nonce in peer.recv(256):
                        return True
                except OSError:
                    continue
        return False


@contextmanager
def nonce_listener(nonce: str) -> Iterator[NonceListener]:
    """A listener of ours, bound for the time of the `with` only."""
    with socket.create_server(("", 0), backlog=_MOST_PEERS) as listener:
        yield NonceListener(int(listener.getsockname()[1]), listener, nonce.encode())


def host_addresses() -> list[str]:
    """The IPv4 addresses of this machine besides loopback, where the kernel tells them."""
    try:
        lines = Path("/proc/net/fib_trie").read_text().splitlines()
    except OSError:
        return []
    found = {
        before.split()[-1] for before, line in itertools.pairwise(lines) if "host LOCAL" in line
    }
    return sorted(address for address in found if not address.startswith("127."))
