"""The only DNS server that a sandbox can reach: it knows what is in scope and logs every question."""

from __future__ import annotations

import base64
import ipaddress
import socket
from collections import deque
from collections.abc import Iterator

from dnslib import QTYPE, RCODE, RR, A, DNSRecord
from log import Log
from settings import RESOLVER, SELF_TEST, Settings

# Documentation's networks (RFC 5737): what a sinkhole answers leads nowhere, even if it got out.
_INVENTED = ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24")
_SECONDS = 60
_AT_A_TIME = 64
_KEPT_BYTES = 512
_ANY = {QTYPE.A, QTYPE.ANY}


def _addresses() -> Iterator[str]:
    while True:
        for network in _INVENTED:
            yield from map(str, ipaddress.ip_network(network).hosts())


class Names:
    """Names and addresses of one sandbox; `of` gives the name that stands for an address."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self._log = log
        self._sinkhole = settings.sinkhole
        self._nonces = settings.nonces
        self._known = {name.lower(): address for name, address in settings.hosts.items()}
        self._known |= {name.lower(): address for name, address, _ in settings.allowed}
        self._invented: dict[str, str] = {}
        self._free = _addresses()
        self.of = {address: name for name, address in self._known.items()}
        self.asked: deque[str] = deque(maxlen=64)

    def answer(self, question: bytes, source: str) -> bytes:
        """The reply to one question. Raises ValueError-like errors of dnslib for nonsense."""
        asked = DNSRecord.parse(question)
        name = str(asked.q.qname).rstrip(".").lower()
        kind = QTYPE.get(asked.q.qtype)
        self.asked.append(name)
        address = self._known.get(name) or (self._invent(name) if self._sinkhole else None)
        reply = asked.reply()
        if address is None:
            reply.header.rcode = RCODE.NXDOMAIN
        elif asked.q.qtype in _ANY:
            reply.add_answer(RR(asked.q.qname, QTYPE.A, rdata=A(address), ttl=_SECONDS))
        if name.removesuffix(".invalid") in self._nonces:
            source = SELF_TEST
        self._log.write(
            "dns",
            (source, name),
            source=source,
            name=name,
            type=str(kind),
            answer=address if asked.q.qtype in _ANY else None,
            action="answered" if name in self._known else ("sunk" if address else "refused"),
        )
        return bytes(reply.pack())

    def note_nonsense(self, question: bytes, source: str) -> None:
        """Write down what was sent as a question and is none."""
        self._log.write(
            "dns",
            (source, "nonsense"),
            source=source,
            target=RESOLVER,
            name=None,
            type=None,
            answer=None,
            action="refused",
            data=base64.b64encode(question[:_KEPT_BYTES]).decode(),
        )

    def _invent(self, name: str) -> str:
        """An address that stands for a name; the oldest one's when all are taken."""
        if name not in self._invented:
            address = next(self._free)
            self._invented.pop(self.of.get(address, ""), None)
            self._invented[name] = address
            self.of[address] = name
        return self._invented[name]


class DatagramServer:
    """Questions by UDP."""

    def __init__(self, names: Names, found: socket.socket, who: dict[str, str]) -> None:
        self._names, self._socket, self._who = names, found, who

    def fileno(self) -> int:
        """The descriptor."""
        return self._socket.fileno()

    def read(self) -> None:
        """Answer questions that wait; others get their turn in a flood."""
        for _ in range(_AT_A_TIME):
            try:
                question, peer = self._socket.recvfrom(4096)
            except BlockingIOError:
                return
            except OSError:
                continue
            source = self._who.get(peer[0], "agent")
            try:
                reply = self._names.answer(question, source)
            except Exception:  # noqa: BLE001 - whatever nonsense does to the parser ends here
                self._names.note_nonsense(question, source)
                continue
            try:
                self._socket.sendto(reply, peer)
            except OSError:
                continue
