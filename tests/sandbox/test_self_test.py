"""The boundary's self-test: it holds here, and each of its probes can fail.

A check that cannot fail proves nothing, so the same probes run in containers that are open on
purpose: with Docker's defaults, with every privilege, and with things of the host mounted.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox.containment import (
    NETWORK_SCRIPT,
    SCRIPT,
    Finding,
    _unlogged,
    host_targets,
    run_probes,
    self_test,
)
from harness.sandbox.engine import Engine
from harness.sandbox.images import Images
from harness.sandbox.lease import lease_labels

# Files of some kernels only: without them there is nothing to be denied.
ABSENT = {
    name
    for name, path in {
        "sysrq": "/proc/sysrq-trigger",
        "release-agent": "/sys/fs/cgroup/cgroup.procs",
        "module": "/proc/modules",
        "vsock": "/dev/vsock",
    }.items()
    if not Path(path).exists()
}


DECLARED = {
    "strict": set(),
    "workstation": {"trace-child"},
    "target": {"trace-child", "new-privileges"},
}


# What Docker leaves out by default and this host can give; a privileged container asks for all.
CAPABILITIES = ["SYS_ADMIN", "SYS_PTRACE", "SYS_TIME", "SYSLOG", "SYS_MODULE", "SYS_RAWIO"]


@contextmanager
def opened(
    engine: Engine, image: str, label: str, *, wide: bool = False, **options: Any
) -> Iterator[Any]:
    """A container with Docker's defaults, or (`wide`) open as far as the engine goes."""
    if wide:
        options |= {
            "cap_add": CAPABILITIES,
            "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
            "devices": ["/dev/kmsg:/dev/kmsg:r"],
            "binds": {"/sys": {"bind": "/sys", "mode": "rw"}},
        }
    api = engine.api
    config = api.create_host_config(**options)
    if wide:
        config |= {"ReadonlyPaths": [], "MaskedPaths": []}
    labels = lease_labels(label, "open", "open", 60)
    made = api.create_container(image, ["sleep", "120"], labels=labels, host_config=config)
    container = engine.client.containers.get(made["Id"])
    try:
        container.start()
        container.reload()
        yield container
    finally:
        container.remove(force=True)


def open_probes(container: Any, script: Path, argument: str = "") -> set[str]:
    """The probes that are not denied in a container."""
    code, out = container.exec_run(["python3", "-c", script.read_text(), argument])
    assert code == 0, out
    return {name for name, each in json.loads(out).items() if not each["denied"]}


@contextmanager
def name_server(address: str) -> Iterator[None]:
    """A DNS server of ours that knows every name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        server.settimeout(0.2)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):
                    asked, peer = server.recvfrom(512)
                    flags = b"\x81\x80\0\x01\0\x01\0\0\0\0"
                    answer = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x09"
                    server.sendto(asked[:2] + flags + asked[12:] + answer, peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("profile", "network"),
    [("strict", "none"), ("strict", "allow"), ("workstation", "sealed"), ("target", "sealed")],
)
def test_every_attempt_to_leave_is_denied(
    docker_sandboxes: Any, profile: Any, network: Any
) -> None:
    found = self_test(docker_sandboxes, profile, network)
    assert len(found) >= 40
    assert {*NETWORK_PROBES, "unlogged"} <= {each.probe for each in found}
    assert [each for each in found if not each.holds] == []
    declared = {each.probe for each in found if each.declared}
    assert declared == DECLARED[profile]
    said = {each.probe: each.said for each in found}
    assert {said[name] for name in ("bpf", "module")} == {"killed by SIGSYS"}


def test_each_probe_would_fail_in_a_container_that_is_open(
    engine: Engine, docker_images: Images, run_label: str
) -> None:
    image = docker_images.resolve("harness/base")
    binds = {"/var/run/docker.sock": {"bind": "/var/run/docker.sock"}, "/srv": {"bind": "/host"}}
    with (
        opened(engine, image, run_label, binds=binds) as plain,
        opened(engine, image, run_label, wide=True) as wide,
    ):
        by_default = open_probes(plain, SCRIPT)
        with_everything = open_probes(wide, SCRIPT)
    defaults_leave_open = {
        "capabilities",
        "new-privileges",
        "root",
        "raw-socket",
        "packet-socket",
        "device-node",
        "give-away",
        "change-user",
        "signal-init",
        "init-root",
        "system-files",
        "memory",
        "processes",
        "core-dumps",
        "file-size",
        "engine-socket",
        "host-files",
    }
    assert defaults_leave_open <= by_default
    every = {each.probe for each in probes_of(docker_images, run_label, engine)}
    assert every - by_default - with_everything - ABSENT == set()


def test_each_probe_of_the_network_would_fail_where_something_answers(
    engine: Engine, docker_images: Images, run_label: str
) -> None:
    image = docker_images.resolve("harness/base")
    bridge = engine.api.inspect_network("bridge")["IPAM"]["Config"][0]["Gateway"]
    six = {"net.ipv6.conf.lo.disable_ipv6": "0"}
    with (
        host_targets() as targets,
        name_server(bridge),
        opened(engine, image, run_label, dns=[bridge], sysctls=six) as plain,
        opened(engine, image, run_label) as neighbour,
    ):
        for container, bind in ((neighbour, "0.0.0.0"), (plain, "::1")):  # noqa: S104 - in a container
            serve = ["python3", "-m", "http.server", "8000", "--bind", bind]
            container.exec_run(serve, detach=True)
        address = neighbour.attrs["NetworkSettings"]["IPAddress"]
        # Where nothing of the real thing stands here, another listener stands for it.
        targets["neighbour"] = [f"{address}:8000"]
        targets["metadata"] = targets["beyond"] = list(targets["host"])
        targets["beyond-ipv6"] = ["[::1]:8000"]
        time.sleep(1)
        assert open_probes(plain, NETWORK_SCRIPT, json.dumps(targets)) == set(NETWORK_PROBES)


NETWORK_PROBES = [
    *("host", "host-udp", "host-icmp", "neighbour"),
    *("metadata", "beyond", "beyond-ipv6", "dns"),
]


def test_attempts_that_are_not_logged_are_noticed(docker_sandboxes: Any, order: Any) -> None:
    box = {"image": "harness/base", "user": "nobody"}
    made = order({"box": box}, agent="box", network={"mode": "sealed"})
    with docker_sandboxes.open(made) as sandbox:
        finding = _unlogged(sandbox, {"beyond": ["192.0.2.77:1"]}, "sealed")
    assert not finding.holds
    assert "192.0.2.77" in finding.said


def probes_of(images: Images, label: str, engine: Engine) -> list[Finding]:
    """The names of all probes, as a container tells them."""
    with opened(engine, images.resolve("harness/base"), label, network_mode="none") as container:
        _, out = container.exec_run(["python3", "-c", SCRIPT.read_text()])
    return [
        Finding(name, "", each["denied"], declared=False, said="")
        for name, each in json.loads(out).items()
    ]


def test_probes_that_break_are_no_clean_result(docker_sandboxes: Any, order: Any) -> None:
    from harness.errors import SandboxError

    box = {"image": "harness/base", "user": "nobody"}
    with docker_sandboxes.open(order({"box": box}, agent="box")) as sandbox:  # noqa: SIM117
        with pytest.raises(SandboxError, match="the probes gave no answer"):
            run_probes(sandbox, NETWORK_SCRIPT, "", frozenset())
