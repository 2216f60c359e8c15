"""What a service declares, and what holds for it then: a read-only root, extras, the posture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harness.errors import SandboxError
from harness.orders import Upload
from harness.protocols import Sandbox
from harness.schema.environment import Service
from harness.schema.forbidden import GRANTABLE
from harness.schema.task import Collect

STATION = {
    "image": "harness/workstation",
    "user": "agent",
    "workdir": "/home/agent",
    "read_only": True,
    "writable": ["/home/agent", "/home/agent/inner", "/tmp"],
}
TARGET = {
    "image": "harness/base",
    "command": ["sleep", "300"],
    "profile": "target",
    "capabilities": ["CHOWN", "SYS_CHROOT"],
}


def volumes(engine: Any, run: str) -> list[str]:
    found = engine.api.volumes(filters={"label": f"harness.run={run}"})["Volumes"]
    return [each["Name"] for each in found or []]


@pytest.fixture(scope="module")
def station(docker_sandboxes: Any, order: Any) -> Iterator[Sandbox]:
    placed = {"workstation": [Upload("/home/agent/sub/notes", b"read me", "agent", 0o600)]}
    services = {"workstation": STATION, "target": TARGET}
    with docker_sandboxes.open(order(services, uploads=placed)) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, script: str, **options: Any) -> tuple[int | None, bytes]:
    result = sandbox.exec(["sh", "-c", script], **options)
    return result.exit_code, result.stdout


@pytest.mark.parametrize("user", ["agent", "root"])
@pytest.mark.parametrize("path", ["/etc/new", "/usr/bin/new", "/var/tmp/new", "/srv/new", "/new"])
def test_a_read_only_root_takes_no_files(station: Sandbox, path: str, user: str) -> None:
    result = station.exec(["touch", path], user=user)
    assert result.exit_code == 1
    expected = b"Read-only file system" if user == "root" else b"touch: "
    assert expected in result.stderr


def test_what_is_writable_is_as_the_image_has_it(station: Sandbox) -> None:
    assert run(station, "echo a > new && cat new .profile | head -1") == (0, b"a\n")
    assert run(station, "stat -c '%a %U' /tmp /home/agent") == (0, b"1777 root\n755 agent\n")
    assert run(station, "touch /tmp/mine /dev/shm/mine") == (0, b"")


def test_files_come_and_go_below_what_is_writable(station: Sandbox) -> None:
    assert run(station, "cat sub/notes; stat -c '%a %U' sub/notes sub") == (
        0,
        b"read me600 agent\n755 agent\n",
    )
    station.write("/home/agent/inner/deep/file", b"x", owner="agent")
    assert station.read("/home/agent/inner/deep/file") == b"x"
    assert run(station, "cat inner/deep/file") == (0, b"x")


def test_files_elsewhere_are_refused_with_what_is_writable(station: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"/srv/x: the root .* read-only; writable are /home"):
        station.write("/srv/x", b"x")


def test_a_shell_works_on_a_read_only_root(station: Sandbox) -> None:
    with station.open_shell() as shell:
        assert shell.run("cd /tmp && cat <<E\nhere\nE", 10).output == "here\n"


def test_the_posture_says_what_holds(station: Sandbox) -> None:
    posture = station.posture["workstation"]
    assert posture["read_only"] is True
    assert posture["writable"] == STATION["writable"]
    assert posture["capabilities"] == []
    assert posture["runtime"]
    assert posture["seccomp"]["digest"].startswith("sha256:")
    assert posture["seccomp"]["default"] == "SCMP_ACT_ERRNO"
    assert "bpf" in posture["seccomp"]["killed"]
    assert {"disk_quota", "user_namespace", "open_files", "file_bytes"} <= posture.keys()
    assert station.posture["target"]["capabilities"] == ["CHOWN", "SYS_CHROOT"]
    assert station.posture["target"]["read_only"] is False


def test_a_target_has_the_capabilities_that_it_declares_and_no_other(station: Sandbox) -> None:
    def on(script: str) -> tuple[int | None, bytes]:
        return run(station, script, service="target", user="root")

    _, held = on("grep CapEff /proc/self/status")
    assert int(held.split()[1], 16) == 1 << 0 | 1 << 18
    assert on("touch /tmp/a && chown nobody /tmp/a")[0] == 0
    assert on("chroot / true")[0] == 0
    assert on("mknod /tmp/null c 1 3")[0] == 1
    assert on("setpriv --reuid 1000 true")[0] != 0


def test_collected_commands_see_what_was_written_and_no_volume_is_left(
    docker_sandboxes: Any, order: Any, run_label: str, engine: Any, tmp_path: Path
) -> None:
    before = set(volumes(engine, run_label))
    look = {"name": "look", "run": "cat /home/agent/made; /check", "files": {"/check": "check"}}
    spec = Collect.model_validate({"files": ["/home/agent/made"], "commands": [look]})
    with docker_sandboxes.open(order({"workstation": STATION})) as sandbox:
        during = set(volumes(engine, run_label)) - before
        assert sandbox.exec(["sh", "-c", "echo kept > made"]).exit_code == 0
        sandbox.freeze()
        sandbox.collect(spec, {"check": b"#!/bin/sh\ncd /; echo brought\n"}, tmp_path)
        assert sandbox.read("/home/agent/made") == b"kept\n"
    assert len(during) == len(STATION["writable"])
    assert set(volumes(engine, run_label)) == before
    (probe,) = json.loads((tmp_path / "probes.json").read_text())
    assert (probe["stdout"], probe["exit_code"]) == ("kept\nbrought\n", 0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"read_only": False}, "writable lists folders of a read-only root"),
        ({"writable": ["/"]}, "writable cannot hold /"),
        ({"writable": ["/proc/sys"]}, "writable cannot hold /proc/sys"),
        ({"writable": ["tmp"]}, "not an absolute path"),
        ({"setuid": True}, 'setuid works in profile "target" only'),
        ({"capabilities": ["CHOWN"]}, 'capabilities works in profile "target" only'),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, Any], told: str) -> None:
    Service.model_validate(STATION)
    with pytest.raises(ValidationError, match=told):
        Service.model_validate({**STATION, **change})


@pytest.mark.parametrize("name", ["SYS_ADMIN", "CAP_NET_RAW", "AUDIT_WRITE", "all", "FUTURE_ONE"])
def test_a_capability_that_leaves_the_container_is_refused_with_its_reason(name: str) -> None:
    with pytest.raises(ValidationError, match=rf"capability {name} is refused: it .*; grantable: "):
        Service.model_validate({**TARGET, "capabilities": [name]})


@pytest.mark.parametrize("name", GRANTABLE)
def test_the_others_are_granted_by_the_engine(name: str) -> None:
    assert Service.model_validate({**TARGET, "capabilities": [name]}).capabilities == [name]
