"""What a container may do, seen from inside. Each probe is harmless and must be denied."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness.protocols import Sandbox

STATION = {
    "image": "harness/workstation",
    "user": "agent",
    "workdir": "/home/agent",
    "pids": 64,
    "memory": "128m",
}
SHOP = {
    "image": "harness/base",
    "command": ["python3", "-m", "http.server", "8000", "--directory", "/etc/apt"],
    "ready": {"tcp": 8000},
}
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)
    print("connected")
except OSError as error:
    print("refused", error)
"""


@pytest.fixture(scope="module")
def alone(docker_sandboxes: Any, order: Any) -> Iterator[Sandbox]:
    """A single service: no network at all."""
    with docker_sandboxes.open(order({"workstation": STATION})) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def beside_a_shop(docker_sandboxes: Any, order: Any) -> Iterator[Sandbox]:
    """Two services on a sealed network."""
    with docker_sandboxes.open(order({"workstation": STATION, "shop": SHOP})) as sandbox:
        yield sandbox


@pytest.fixture
def listener() -> Iterator[int]:
    """A port of the host that accepts connections on all of its addresses."""
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - the probe needs it
        port = int(server.getsockname()[1])
        yield port


def connect(sandbox: Sandbox, host: str, port: int) -> str:
    argv = ["python3", "-c", CONNECT, host, str(port)]
    return sandbox.exec(argv, timeout_seconds=20).stdout.decode().split()[0]


def test_the_agent_has_no_capabilities_and_can_gain_none(alone: Sandbox) -> None:
    said = alone.exec(["cat", "/proc/self/status"]).stdout.decode()
    status = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert "0" not in status["Uid"].split()


def test_roots_commands_have_no_capabilities_either(alone: Sandbox) -> None:
    said = alone.exec(["grep", "Cap", "/proc/self/status"], user="root").stdout.decode()
    assert {int(line.split()[1], 16) for line in said.splitlines()} == {0}


def test_a_setuid_program_gains_nothing(alone: Sandbox) -> None:
    script = "cp /usr/bin/id /tmp/setuid && chmod 4755 /tmp/setuid"
    assert alone.exec(["sh", "-c", script], user="root").exit_code == 0
    assert alone.exec(["stat", "-c", "%a %U", "/tmp/setuid"]).stdout == b"4755 root\n"
    assert alone.exec(["/tmp/setuid", "-u"]).stdout == b"1000\n"


@pytest.mark.parametrize(
    "probe",
    [
        "mount -t tmpfs none /mnt",
        "unshare --user true",
        "mknod /tmp/device c 1 3",
        "echo 1 > /proc/sys/kernel/printk",
        "echo h > /proc/sysrq-trigger",
        "date -s 2001-01-01",
        "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)'",
        "dmesg --clear",
        "chown root:root /home/agent/.profile",
        "test -e /var/run/docker.sock",
        "cat /etc/shadow",
    ],
)
def test_the_machine_under_it_is_out_of_reach(alone: Sandbox, probe: str) -> None:
    result = alone.exec(["sh", "-c", probe], timeout_seconds=10)
    assert result.exit_code not in {0, None}


def test_a_burst_of_processes_is_held_and_ends_with_its_command(alone: Sandbox) -> None:
    burst = "for n in $(seq 300); do sleep 60 & done; wait"
    result = alone.exec(["sh", "-c", f"({burst}); sleep 60"], timeout_seconds=2)
    assert result.timed_out
    assert b"fork" in result.stderr.lower()
    count = alone.exec(["sh", "-c", "ls -d /proc/[0-9]* | wc -l"])
    assert int(count.stdout) < 15


def test_a_shell_can_be_restarted_after_a_burst_of_processes(alone: Sandbox) -> None:
    with alone.open_shell() as shell:
        result = shell.run("for n in $(seq 300); do sleep 60 & done", 2)
        assert "fork" in result.output.lower()
        shell.restart()
        assert shell.run("/bin/echo free", 15).output == "free\n"


def test_more_memory_than_allowed_ends_the_command_and_not_the_sandbox(alone: Sandbox) -> None:
    grow = "data = []\nwhile True: data.append(bytearray(8 * 1024 * 1024))"
    result = alone.exec(["python3", "-c", grow], timeout_seconds=30)
    assert result.exit_code == 137
    assert alone.exec(["echo", "alive"]).stdout == b"alive\n"


def test_a_file_larger_than_allowed_is_cut_off(alone: Sandbox) -> None:
    result = alone.exec(["dd", "if=/dev/zero", "of=big", "bs=1k", "count=1", "seek=3M"])
    assert result.exit_code not in {0, None}
    assert alone.exec(["sh", "-c", "ulimit -c; ulimit -n"]).stdout == b"0\n4096\n"


def test_a_single_service_has_no_network(alone: Sandbox, listener: int) -> None:
    assert connect(alone, "192.0.2.1", 80) == "refused"
    assert connect(alone, "172.17.0.1", listener) == "refused"
    assert alone.exec(["getent", "hosts", "outside.invalid"]).exit_code == 2
    assert alone.exec(["ls", "/sys/class/net"]).stdout.split() == [b"lo"]


def test_services_reach_each_other_by_name(beside_a_shop: Sandbox) -> None:
    answer = beside_a_shop.exec(["curl", "-sS", "-m", "10", "http://shop:8000/"])
    assert answer.exit_code == 0
    assert b"sources.list" in answer.stdout
    back = beside_a_shop.exec(["getent", "hosts", "workstation"], service="shop")
    assert back.exit_code == 0


def test_a_sealed_network_does_not_reach_the_host(beside_a_shop: Sandbox, listener: int) -> None:
    own = beside_a_shop.exec(["hostname", "-I"]).stdout.decode().split()[0]
    subnet = ipaddress.ip_interface(f"{own}/28").network
    with socket.create_connection(("127.0.0.1", listener), timeout=2):
        pass
    of_the_host = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    wanted = {str(subnet[1]), "172.17.0.1", *map(str, of_the_host)} - {"127.0.0.1", "::1"}
    for address in sorted(wanted):
        assert connect(beside_a_shop, address, listener) == "refused", address


def test_a_sealed_network_does_not_reach_the_internet(beside_a_shop: Sandbox) -> None:
    assert connect(beside_a_shop, "192.0.2.1", 80) == "refused"
    names = beside_a_shop.exec(["getent", "hosts", "outside.invalid"], timeout_seconds=15)
    assert names.exit_code == 2


def test_names_of_strangers_are_not_asked_of_the_hosts_resolver(beside_a_shop: Sandbox) -> None:
    settings = beside_a_shop.exec(["cat", "/etc/resolv.conf"]).stdout.decode()
    servers = [line.split()[1] for line in settings.splitlines() if line.startswith("nameserver")]
    assert servers == ["127.0.0.11"]
    assert beside_a_shop.exec(["getent", "hosts", "x.outside.invalid"]).exit_code == 2


def test_two_sandboxes_do_not_reach_each_other(
    beside_a_shop: Sandbox, docker_sandboxes: Any, order: Any
) -> None:
    with docker_sandboxes.open(order({"workstation": STATION, "shop": SHOP})) as other:
        there = other.exec(["hostname", "-I"], service="shop").stdout.decode().split()[0]
        assert connect(other, there, 8000) == "connected"
        assert connect(beside_a_shop, there, 8000) == "refused"


def test_commands_of_many_threads_do_not_mix(alone: Sandbox) -> None:
    answers: dict[int, bytes] = {}

    def ask(number: int) -> None:
        answers[number] = alone.exec(["echo", str(number)]).stdout

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"{number}\n".encode() for number in range(8)}
