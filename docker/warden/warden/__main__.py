"""The warden of a sandbox: rules in force, then everything that goes nowhere is written down.

It is driven by lines of JSON on its standard input ({"do": "test" | "end", ...}) and answers each
with one on its standard output; the first line it prints says that the rules hold.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from attempts import attempt_all
from capture import Capture
from log import Log
from names import DatagramServer, Names
from packets import Packet, PacketSource
from rules import CAPTURE, NOTES, SNAP_BYTES, set_routes, set_rules
from settings import (
    CLOSED_PORT,
    DNS_PORT,
    LOG_FOLDER,
    SELF_TEST,
    SO_RCVBUFFORCE,
    STREAM_PORT,
    SWALLOW_PORT,
    TEST_MARK,
    Settings,
    load_settings,
)
from streams import Streams, listen

# Packets come in bunches, a fiftieth of a second apart.
_QUIET_SECONDS, _END_SECONDS = 0.1, 10.0
_AT_A_TIME = 256
_QUEUE_BYTES = 4 * 1024**2
_TEST_SECONDS = 5.0
_FAMILIES = (socket.AF_INET, socket.AF_INET6)
_ACTIONS = {"inside": "allowed", "incoming": "allowed", "barred": "barred"}


class Warden:
    """One event loop over packets, questions, connections and commands."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._who = settings.who
        self._poll = selectors.DefaultSelector()
        self._log = Log(
            Path(LOG_FOLDER) / "network.jsonl",
            most_bytes=settings.log_bytes,
            a_second=settings.records_a_second,
        )
        self._names = Names(settings, self._log)
        self._streams = Streams(settings, self._log, self._names, self._who)
        self._recent: set[tuple[object, ...]] | None = None
        self._held: list[socket.socket] = []
        self._sources = [PacketSource(NOTES, SNAP_BYTES)]
        self._capture: Capture | None = None
        if settings.capture_bytes:
            self._capture = Capture(Path(LOG_FOLDER) / "network.pcap", settings.capture_bytes)
            self._sources.append(PacketSource(CAPTURE, 0))

    def open(self) -> None:
        """Bind every port before anybody else can, then put routes and rules in force."""
        for family in _FAMILIES:
            try:
                self._open_ports(family)
            except OSError:
                if family == socket.AF_INET:
                    raise
        self._watch(self._sources[0], lambda: self._sources[0].read(self._note))
        if self._capture is not None:
            take = self._capture.take
            self._watch(self._sources[1], lambda: self._sources[1].read(take))
        set_routes(self._settings)
        set_rules(self._settings)

    def _watch(self, what: Any, act: Callable[[], None]) -> None:
        self._poll.register(what, selectors.EVENT_READ, lambda _file, _poll: act())

    def _open_ports(self, family: int) -> None:
        streams, questions = listen(STREAM_PORT, family), listen(DNS_PORT, family)
        self._poll.register(streams, selectors.EVENT_READ, self._streams.accept)
        self._poll.register(questions, selectors.EVENT_READ, self._streams.answer)
        datagrams = _datagrams(DNS_PORT, family)
        with suppress(PermissionError):  # in a user namespace the usual size must do
            datagrams.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _QUEUE_BYTES)
        self._watch(datagrams, DatagramServer(self._names, datagrams, self._who).read)
        swallow = _datagrams(SWALLOW_PORT, family)
        self._watch(swallow, lambda: _drain(swallow))
        self._held += _refusers(family)

    def _note(self, packet: Packet) -> None:
        """Write down one packet of the rules' choosing."""
        if packet.prefix in {"service", "incoming"}:
            source = self._who.get(packet.source, packet.source)
        else:
            source = SELF_TEST if packet.mark == TEST_MARK else "agent"
        key = (packet.protocol, packet.target, packet.port)
        if self._recent is not None and source == SELF_TEST:
            self._recent.add(key)
        permitted = (packet.target, packet.port) in self._permitted
        outside = "sunk" if self._settings.sinkhole else "refused"
        self._log.write(
            "packet",
            (source, packet.prefix, *key),
            source=source,
            protocol=packet.protocol,
            target=packet.target,
            port=packet.port,
            name=self._names.of.get(packet.target),
            action="allowed" if permitted else _ACTIONS.get(packet.prefix, outside),
            uid=packet.uid,
            data=packet.text,
        )

    @property
    def _permitted(self) -> set[tuple[str, int]]:
        return {(address, port) for _, address, port in self._settings.allowed}

    def run(self) -> None:
        """Serve until told to end."""
        os.set_blocking(0, False)
        self._watch(0, self._commands)
        tended = time.monotonic()
        while True:
            self._serve(1.0)
            if time.monotonic() - tended > 1:
                tended = time.monotonic()
                self._streams.tend(self._poll)

    def _serve(self, seconds: float, *, but: int | None = None) -> bool:
        """Act on whatever is ready within a time; False when nothing was.

        Nothing that it says may end the warden.
        """
        ready = [key for key, _ in self._poll.select(timeout=seconds) if key.fileobj != but]
        for key in ready:
            try:
                key.data(key.fileobj, self._poll)
            except Exception:  # noqa: BLE001 - counted: what is lost makes no clean verdict
                self._log.lost["error"] += 1
        return bool(ready)

    def _commands(self) -> None:
        data = os.read(0, 65536)
        if not data:
            self._poll.unregister(0)
        for line in data.splitlines():
            told = json.loads(line)
            if told["do"] == "test":
                hosts = [(str(each[0]), int(each[1])) for each in told["hosts"]]
                threading.Thread(target=self._test, args=(told["nonce"], hosts)).start()
            else:
                _say(self._end())

    def _test(self, nonce: str, hosts: list[tuple[str, int]]) -> None:
        """Try the boundary; the event loop goes on and sees what the attempts leave."""
        self._recent = set()
        self._settings.nonces.add(nonce)
        tried = attempt_all(nonce, hosts)
        keys = {each.key for each in tried}
        deadline = time.monotonic() + _TEST_SECONDS
        while time.monotonic() < deadline and not keys <= self._seen():
            time.sleep(0.01)
        seen, self._recent = self._seen(), None
        _say(
            {
                "probes": [
                    {
                        "probe": each.probe,
                        "seen": each.key in seen,
                        "answered": each.answered,
                        "error": each.error,
                    }
                    for each in tried
                ]
            }
        )

    def _seen(self) -> set[tuple[object, ...]]:
        """What of a test's attempts has reached the log."""
        return set(self._recent or ()) | {("dns", name) for name in tuple(self._names.asked)}

    def _end(self) -> dict[str, Any]:
        """Take what the kernel still holds, write the last lines, and say what was lost."""
        deadline = time.monotonic() + _END_SECONDS
        while self._serve(_QUIET_SECONDS, but=0) and time.monotonic() < deadline:
            continue
        self._streams.note_all()
        lost = dict(self._log.lost) | {"kernel": self._sources[0].lost} | _kernel_losses()
        if self._capture is not None:
            self._capture.flush()
            lost["capture"] = self._capture.dropped + self._sources[1].lost
        lost = {reason: count for reason, count in lost.items() if count}
        self._log.write("end", lost=lost)
        return {"lost": lost, "records": self._log.written}


def _datagrams(port: int, family: int) -> socket.socket:
    found = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    found.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))  # noqa: S104 - its namespace
    found.settimeout(0)
    return found


def _refusers(family: int) -> list[socket.socket]:
    """Sockets that keep a port from everybody and refuse whatever comes to it.

    A bound socket that does not listen refuses; a datagram socket that is connected elsewhere is
    not a receiver for others.
    """
    stream = socket.socket(family, socket.SOCK_STREAM)
    datagram = socket.socket(family, socket.SOCK_DGRAM)
    nowhere = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    for each in (stream, datagram):
        if family == socket.AF_INET6:
            each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        each.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", CLOSED_PORT))  # noqa: S104 - its namespace
    datagram.connect((nowhere, CLOSED_PORT))
    return [stream, datagram]


def _drain(found: socket.socket) -> None:
    """Throw away datagrams: their packets are in the log already."""
    for _ in range(_AT_A_TIME):
        try:
            found.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            continue


def _kernel_losses() -> dict[str, int]:
    """Connections that the kernel dropped before anybody saw them."""
    rows = [line.split() for line in Path("/proc/net/netstat").read_text().splitlines()]
    counts: dict[str, int] = {}
    for names, values in zip(rows[::2], rows[1::2], strict=False):
        counts |= {name: int(value) for name, value in zip(names[1:], values[1:], strict=False)}
    table = Path("/proc/net/stat/nf_conntrack")
    rows = [line.split() for line in table.read_text().splitlines()] if table.exists() else [[]]
    full = [int(row[rows[0].index("drop")], 16) for row in rows[1:]]
    return {
        "listen queue": counts.get("ListenDrops", 0),
        "connection table": sum(full),
        "questions": _dropped_questions(),
    }


def _dropped_questions() -> int:
    """Datagrams that found the name server's queue full."""
    rows = [
        line.split()
        for path in (Path("/proc/net/udp"), Path("/proc/net/udp6"))
        if path.exists()
        for line in path.read_text().splitlines()[1:]
    ]
    return sum(int(row[-1]) for row in rows if int(row[1].rpartition(":")[2], 16) == DNS_PORT)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Set up, say so, serve."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = load_settings()
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(0))
    signal.alarm(settings.lease_seconds)
    warden = Warden(settings)
    warden.open()
    _say({"ready": True})
    warden.run()


if __name__ == "__main__":
    main()
