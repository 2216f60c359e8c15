"""What stands in a sandbox before anything runs in it, and what happens when it does not start."""

from __future__ import annotations

import time
from typing import Any

import pytest

from harness.errors import SandboxStartError
from harness.orders import Upload
from harness.sandbox.lease import RUN, leased

STATION = {"image": "harness/workstation", "user": "agent", "workdir": "/home/agent"}


def service(script: str, **more: Any) -> dict[str, Any]:
    return {"image": "harness/base", "command": ["sh", "-c", script], **more}


def python_server(delay: float = 0) -> list[str]:
    code = (
        f"import time; time.sleep({delay}); import http.server as h; "
        "h.HTTPServer(('', 8000), h.SimpleHTTPRequestHandler).serve_forever()"
    )
    return ["python3", "-u", "-c", code]


def test_uploads_stand_there_before_the_main_process_starts(
    docker_sandboxes: Any, order: Any
) -> None:
    uploads = {
        "helper": [Upload("/srv/greeting", b"hello from an upload\n")],
        "workstation": [
            Upload("/srv/flag", b"flag{1}\n", owner="agent", mode=0o400),
            Upload("/srv/deep/down/tool", b"#!/bin/sh\necho ran\n", mode=0o755),
            Upload("/srv/roots", b"secret\n", mode=0o400),
        ],
    }
    helper = service("cat /srv/greeting; sleep 100", ready={"log": "hello from"})
    wanted = order(
        {"workstation": STATION, "helper": helper}, network={"mode": "none"}, uploads=uploads
    )
    with docker_sandboxes.open(wanted) as sandbox:
        said = sandbox.exec(["stat", "-c", "%a %U", "/srv/flag", "/srv/deep", "/srv/roots"])
        assert said.stdout.decode().splitlines() == ["400 agent", "755 root", "400 root"]
        assert sandbox.exec(["cat", "/srv/flag"]).stdout == b"flag{1}\n"
        assert sandbox.exec(["/srv/deep/down/tool"]).stdout == b"ran\n"
        assert sandbox.exec(["cat", "/srv/roots"]).exit_code == 1


def test_variables_reach_the_service_that_they_are_for(docker_sandboxes: Any, order: Any) -> None:
    helper = service(
        "echo token=$TOKEN mode=$MODE; sleep 100", env={"MODE": "a"}, ready={"log": "mode=a"}
    )
    wanted = order(
        {"workstation": STATION, "helper": helper},
        network={"mode": "none"},
        env={"helper": {"TOKEN": "t-1"}},
    )
    with docker_sandboxes.open(wanted) as sandbox:
        assert b"TOKEN=t-1" in sandbox.exec(["env"], service="helper").stdout
        assert b"TOKEN" not in sandbox.exec(["env"]).stdout


def test_an_unknown_owner_of_an_upload_is_told(docker_sandboxes: Any, order: Any) -> None:
    uploads = {"workstation": [Upload("/srv/x", b"", owner="nobody-such")]}
    opening = docker_sandboxes.open(order({"workstation": STATION}, uploads=uploads))
    with pytest.raises(SandboxStartError, match="nobody-such"), opening:
        pytest.fail("it opened")


@pytest.mark.parametrize(
    "ready",
    [
        {"http": "http://localhost:8000/"},
        {"tcp": 8000},
        {
            "command": "curl -fs localhost:8000 || python3 -c 'import urllib.request as u; u.urlopen(\"http://localhost:8000\")'"
        },
    ],
    ids=lambda ready: next(iter(ready)),
)
def test_a_service_is_ready_when_its_probe_holds(
    docker_sandboxes: Any, order: Any, ready: dict[str, Any]
) -> None:
    shop = {"image": "harness/base", "command": python_server(0.5), "ready": ready}
    started = time.monotonic()
    with docker_sandboxes.open(order({"workstation": STATION, "shop": shop})) as sandbox:
        assert time.monotonic() - started > 0.5
        answer = sandbox.exec(["curl", "-sS", "-m", "5", "-o", "/dev/null", "http://shop:8000/"])
        assert answer.exit_code == 0, answer.stderr


@pytest.mark.parametrize(
    "ready",
    [{"tcp": 9999}, {"command": "false"}, {"http": "http://localhost:9/"}, {"log": "never"}],
    ids=lambda ready: next(iter(ready)),
)
def test_a_service_that_is_never_ready_is_told_with_its_last_lines(
    docker_sandboxes: Any, order: Any, ready: dict[str, Any], run_label: str
) -> None:
    helper = service("seq 40; echo the last line; sleep 100", ready={**ready, "within": "1s"})
    opening = docker_sandboxes.open(
        order({"workstation": STATION, "helper": helper}, network={"mode": "none"})
    )
    with pytest.raises(SandboxStartError, match="not ready within 1 s") as caught, opening:
        pytest.fail("it opened")
    assert caught.value.detail.endswith("the last line")
    assert "\n40\n" in caught.value.detail
    assert "service helper" in caught.value.where
    labels = [thing.labels for thing in leased(docker_sandboxes.engine)]
    assert not [
        each
        for each in labels
        if each[RUN] == run_label and each.get("harness.service") == "helper"
    ]


def test_a_service_that_exits_at_once_is_told_with_its_last_lines(
    docker_sandboxes: Any, order: Any
) -> None:
    helper = service("echo it broke; exit 3", ready={"tcp": 8000, "within": "20s"})
    opening = docker_sandboxes.open(
        order({"workstation": STATION, "helper": helper}, network={"mode": "none"})
    )
    started = time.monotonic()
    with pytest.raises(SandboxStartError) as caught, opening:
        pytest.fail("it opened")
    assert time.monotonic() - started < 19
    assert "it broke" in caught.value.detail


def test_a_main_program_that_is_not_there_is_told(docker_sandboxes: Any, order: Any) -> None:
    helper = {"image": "harness/base", "command": ["/no/such/program"], "ready": {"tcp": 80}}
    opening = docker_sandboxes.open(
        order({"workstation": STATION, "helper": helper}, network={"mode": "none"})
    )
    with pytest.raises(SandboxStartError) as caught, opening:
        pytest.fail("it opened")
    assert "/no/such/program" in caught.value.detail


def test_the_posture_says_what_confines_each_service(docker_sandboxes: Any, order: Any) -> None:
    with docker_sandboxes.open(order({"workstation": STATION})) as sandbox:
        posture = sandbox.posture["workstation"]
        assert posture["capabilities"] == []
        assert posture["no_new_privileges"] is True
        assert posture["network"] == "none"
        assert posture["user"] == "agent"


def test_a_service_without_a_probe_that_fails_at_once_is_told_with_its_log(
    docker_sandboxes: Any, order: Any
) -> None:
    services = {
        "workstation": STATION,
        "slow": {
            "image": "harness/base",
            "command": python_server(0.5),
            "ready": {"tcp": 8000, "within": "20s"},
        },
        "broken": service("echo no luck; exit 4"),
    }
    with (
        pytest.raises(SandboxStartError, match="ended at once with exit code 4") as caught,
        docker_sandboxes.open(order(services)),
    ):
        pass
    assert "no luck" in caught.value.detail
