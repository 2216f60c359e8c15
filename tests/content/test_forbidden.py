"""What is always refused, in our own words and in docker-compose's, and each time why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.schema.forbidden import forbidden

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "privileged": ({"privileged": True}, "every protection"),
    "privileged as text": ({"privileged": "true"}, "every protection"),
    "privileged by a variable": ({"privileged": "${P:-false}"}, "every protection"),
    "network": ({"network_mode": "host"}, "host's network"),
    "network, our spelling": ({"network": "host"}, "host's network"),
    "network, the command's": ({"net": "host"}, "host's network"),
    "another's network": ({"network_mode": "container:db"}, "host's network"),
    "a network by a variable": ({"network_mode": "${MODE}"}, "host's network"),
    "pid": ({"pid": "host"}, "host's processes"),
    "pid, the SDK's": ({"pid_mode": "host"}, "host's processes"),
    "ipc": ({"ipc": "host"}, "host's shared memory"),
    "uts": ({"uts": "host"}, "host's names"),
    "userns": ({"userns_mode": "host"}, "host's users"),
    "cgroup": ({"cgroup": "host"}, "host's control groups"),
    "cgroupns": ({"cgroupns": "host"}, "host's control groups"),
    "cgroup parent": ({"cgroup_parent": "/"}, "limits"),
    "oom": ({"oom_kill_disable": True}, "limits"),
    "bind": ({"volumes": ["/srv:/srv:ro"]}, "folder of the host"),
    "relative bind": ({"volumes": ["data:/data", "./x:/x"]}, "folder of the host"),
    "home": ({"volumes": ["~/x:/x"]}, "folder of the host"),
    "variable": ({"volumes": ["${PWD}:/x"]}, "folder of the host"),
    "drive": ({"volumes": ["C:\\x:/x"]}, "folder of the host"),
    "long bind": ({"volumes": [{"type": "bind", "source": "x", "target": "/x"}]}, "of the host"),
    "long volume": ({"volumes": [{"source": "/x", "target": "/x"}]}, "folder of the host"),
    "binds": ({"binds": {"/srv": {"bind": "/srv", "mode": "ro"}}}, "folder of the host"),
    "mount": ({"mounts": [{"Type": "bind", "Source": "/srv", "Target": "/x"}]}, "of the host"),
    "bind by its driver": (
        {"driver_opts": {"type": "none", "o": "bind", "device": "/srv"}},
        "folder of the host",
    ),
    "volumes of another": ({"volumes_from": ["container:x"]}, "another container's"),
    "socket": ({"volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"]}, "engine's socket"),
    "socket elsewhere": ({"volumes": ["/run/containerd/containerd.sock:/s"]}, "engine's socket"),
    "device": ({"devices": ["/dev/kvm"]}, "device of the host"),
    "device rule": ({"device_cgroup_rules": ["c 1:3 mr"]}, "device of the host"),
    "gpus": ({"gpus": "all"}, "device of the host"),
    "seccomp": ({"security_opt": ["seccomp=unconfined"]}, "seccomp=unconfined would replace"),
    "seccomp of its own": ({"security_opt": ["seccomp:./mine.json"]}, "would replace"),
    "apparmor": ({"security_opt": ["apparmor:unconfined"]}, "would replace"),
    "label": ({"security_opt": ["label=disable"]}, "would replace"),
    "new privileges": ({"security_opt": ["no-new-privileges:false"]}, "would replace"),
    "SYS_ADMIN": ({"cap_add": ["CHOWN", "SYS_ADMIN"]}, "SYS_ADMIN: it mounts"),
    "SYS_MODULE": ({"cap_add": ["CAP_SYS_MODULE"]}, "loads modules"),
    "SYS_PTRACE": ({"cap-add": "SYS_PTRACE"}, "processes beyond"),
    "ALL": ({"cap_add": ["ALL"]}, "includes those"),
    "ports": ({"ports": ["8080:80"]}, "services reach each other by name"),
    "publish": ({"publish_all_ports": True}, "published ports"),
    "host gateway": ({"extra_hosts": ["h:host-gateway"]}, "name of the host"),
    "host gateway in a table": ({"extra_hosts": {"h": "host-gateway"}}, "name of the host"),
    "docker's name of the host": ({"add_host": "host.docker.internal:192.0.2.1"}, "of the host"),
    "runtime": ({"runtime": "runc"}, "--runtime NAME"),
}
HARMLESS: list[dict[str, Any]] = [
    {"privileged": False},
    {"privileged": "false"},
    {"network_mode": "none"},
    {"network_mode": "service:db"},
    {"networks": ["front"]},
    {"ipc": "private"},
    {"pid": None},
    {"volumes": ["data:/data", "/cache", {"type": "tmpfs", "target": "/x"}]},
    {"volumes": [{"type": "volume", "source": "data", "target": "/x"}]},
    {"volumes": {"data": None}},
    {"volumes": None},
    {"driver_opts": {"size": "1g"}},
    {"security_opt": ["no-new-privileges:true"]},
    {"cap_add": ["NET_BIND_SERVICE", "CAP_CHOWN"]},
    {"cap_drop": ["ALL"]},
    {"devices": []},
    {"ports": []},
    {"expose": ["80"]},
    {"extra_hosts": ["db:127.0.0.1"]},
    {"image": "x", "command": "privileged", "environment": {"privileged": "1"}},
]


@pytest.mark.parametrize("case", REFUSED)
def test_each_is_refused_with_its_reason(case: str) -> None:
    options, reason = REFUSED[case]
    ((key, told),) = forbidden({"image": "x", **options})
    assert key in options
    assert reason in told


@pytest.mark.parametrize("options", HARMLESS, ids=str)
def test_what_stays_inside_is_not(options: dict[str, Any]) -> None:
    assert forbidden(options) == []


def test_all_of_them_are_named_at_once() -> None:
    found = forbidden({"privileged": True, "pid": "host", "ports": ["80"]})
    assert [key for key, _ in found] == ["privileged", "pid", "ports"]


@pytest.mark.parametrize(
    ("line", "field", "told"),
    [
        ("privileged = true", "privileged", "every protection"),
        ('network_mode = "host"', "network_mode", "host's network"),
        ('volumes = ["/srv:/srv"]', "volumes", "folder of the host"),
        ('ports = ["80:80"]', "ports", "published ports would open the sandbox"),
        ('cap_add = ["SYS_ADMIN"]', "cap_add", "nearly root on the host"),
    ],
)
def test_environment_toml_says_why(
    root: Path, only_fault: Callable[[Path], str], line: str, field: str, told: str
) -> None:
    file = root / "environments" / "range" / "environment.toml"
    file.write_text(file.read_text().replace('user = "web"', f'user = "web"\n{line}'))
    fault = only_fault(root)
    assert f"services.web.{field}: is always refused: " in fault
    assert told in fault
    assert "unknown key" not in fault


READ_ONLY = 'user = "web"\nread_only = true\nwritable = ["/tmp"]'


def test_files_outside_what_a_read_only_service_can_take_are_refused(
    root: Path, only_fault: Callable[[Path], str]
) -> None:
    file = root / "environments" / "range" / "environment.toml"
    file.write_text(file.read_text().replace('user = "web"', READ_ONLY))
    fault = only_fault(root)
    assert "task.toml: secrets.flag.place.file: /srv/flag.txt cannot be put into web" in fault
    assert "below what is writable there (/tmp), or add one to services.web.writable" in fault


def test_a_setup_script_needs_a_writable_folder(
    root: Path, faults_of: Callable[[Path], list[str]]
) -> None:
    file = root / "environments" / "range" / "environment.toml"
    file.write_text(file.read_text().replace('user = "web"', 'user = "web"\nread_only = true'))
    task = root / "tasks" / "demo" / "first"
    (task / "setup.sh").write_text("true\n")
    text = (task / "task.toml").read_text()
    (task / "task.toml").write_text(
        text.replace("[grader]", '[setup]\nscript = "setup.sh"\nservice = "web"\n\n[grader]')
    )
    (fault,) = [each for each in faults_of(root) if "setup.script" in each]
    assert "the script cannot be put into web: its root is read-only" in fault
    assert "(no folder at all)" in fault
