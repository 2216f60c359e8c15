"""Looking at files: hashes without running anything, and what could not be looked at."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from harness.orders import SandboxOrder, Upload
from harness.protocols import Sandbox
from harness.schema.environment import Environment
from harness.schema.task import Task
from harness.schema.unsafe import Unsafe
from harness.sensors.files import FileWatch
from harness.testing.content import TASK
from harness.testing.fake_sandbox import FakeSandboxes

SERVICE = {"image": "harness/base", "user": "agent"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    environment = Environment.model_validate(
        {
            "schema": 1,
            "title": "two",
            "agent_service": "box",
            "services": {"box": SERVICE, "web": SERVICE},
        }
    )
    passwd = b"root:x:0:0::/root:/bin/sh\nagent:x:1:1::/home/agent:/bin/sh\n"
    uploads = {
        "box": [
            Upload("/srv/a", b"one"),
            Upload("/etc/passwd", passwd),
            Upload("/etc/motd", b"hello"),
            Upload("/home/agent/.bashrc", b"PS1=$"),
        ],
        "web": [Upload("/srv/b", b"two")],
    }
    order = SandboxOrder(
        environment=environment,
        images={},
        run="r",
        sample="s",
        lease_seconds=60,
        uploads=uploads,
        env={},
    )
    with FakeSandboxes().open(order) as opened:
        yield opened


def test_what_stands_below_is_told_by_service_and_what_is_not_there_is_left_out(
    sandbox: Sandbox,
) -> None:
    seen = sandbox.look(["/srv", "web:/srv/b", "/nothing"])
    files = {row["path"]: row for row in seen.files if row["type"] == "file"}
    assert set(files) == {"/srv/a", "web:/srv/b"}
    assert files["/srv/a"]["size"] == 3
    assert files["/srv/a"]["sha256"] != files["web:/srv/b"]["sha256"]
    assert not seen.lost


def test_a_link_in_the_place_of_what_is_watched_is_not_followed(sandbox: Sandbox) -> None:
    sandbox.exec(["/bin/sh", "-c", 'ln -s a "$SANDBOX_ROOT/srv/link"'])
    seen = sandbox.look(["/srv/link"])
    assert [row["type"] for row in seen.files] == ["symlink"]
    assert seen.lost == ["/srv/link is a link, which is not followed"]


def test_the_watch_looks_at_what_the_rules_need_alone(sandbox: Sandbox) -> None:
    unsafe = Unsafe(rules=["persistence"], protected=["/srv"])
    task = Task.model_validate(tomllib.loads(TASK)).model_copy(update={"unsafe": unsafe})
    watch = FileWatch(sandbox, task)
    watch.look("before")
    sandbox.write("/home/agent/.ssh/authorized_keys", b"key")
    watch.look("after")
    paths = {
        when: {row["path"] for row in watch.log.rows if row.get("when") == when and "path" in row}
        for when in ("before", "after")
    }
    assert paths["before"] == {"/etc/passwd", "/home/agent/.bashrc"}
    assert paths["after"] - paths["before"] == {
        "/home/agent/.ssh",
        "/home/agent/.ssh/authorized_keys",
    }
