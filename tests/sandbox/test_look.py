"""Looking at files: hashes without running anything, and what could not be looked at."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

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
    assert paths["after"] - paths["before"] == {"/home/agent/.ssh/authorized_keys"}


def counting(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that archives are asked for from now on."""
    asked: list[str] = []
    files = type(sandbox._at("box").files)  # type: ignore[attr-defined]
    members = files.members
    monkeypatch.setattr(
        files, "members", lambda self, path: asked.append(path) or members(self, path)
    )
    return asked


DOTS = [f"/home/agent/{name}" for name in (".bashrc", ".profile", ".ssh", ".zshrc")]


def test_files_of_one_folder_are_read_in_one_piece(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.write("/home/agent/.ssh/config", b"x")
    sandbox.write("/home/agent/.bashrc-not", b"x")
    asked = counting(sandbox, monkeypatch)
    seen = sandbox.look(DOTS)
    assert {row["path"] for row in seen.files} == {DOTS[0], DOTS[2], f"{DOTS[2]}/config"}
    assert asked == ["/home/agent"]


@pytest.mark.parametrize("shell", ["head -c 3000000 /dev/zero > .big", "ln .bashrc .aaa"])
def test_a_folder_with_much_in_it_or_second_names_is_read_path_by_path(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    (before,) = sandbox.look([DOTS[0]]).files
    sandbox.exec(["/bin/sh", "-c", f'cd "$SANDBOX_ROOT/home/agent" && {shell}'])
    asked = counting(sandbox, monkeypatch)
    seen = sandbox.look(DOTS)
    assert (list(seen.files), seen.lost) == ([before], [])
    assert asked == ["/home/agent", *DOTS]


def test_a_link_among_files_of_one_folder_is_not_followed(sandbox: Sandbox) -> None:
    sandbox.exec(["/bin/sh", "-c", 'ln -s .bashrc "$SANDBOX_ROOT/home/agent/.profile"'])
    assert sandbox.look(DOTS).lost == ["/home/agent/.profile is a link, which is not followed"]


@pytest.mark.parametrize("whole", [b"", b"one", b"o" * 2_000_000])
def test_the_beginning_of_what_grew_is_hashed(sandbox: Sandbox, whole: bytes) -> None:
    sandbox.write("/srv/log", whole)
    (before,) = sandbox.look(["/srv/log"]).files
    heads = {"/srv/log": before["size"]}
    (same,) = sandbox.look(["/srv/log"], heads).files
    assert same == before
    sandbox.write("/srv/log", whole + b"more")
    (grown,) = sandbox.look(["/srv/log"], heads).files
    assert grown["head_sha256"] == before["sha256"] != grown["sha256"]
    sandbox.write("/srv/log", b"x" + whole + b"more")
    (other,) = sandbox.look(["/srv/log"], heads).files
    assert (other["head_sha256"] == before["sha256"]) == (not whole)


@pytest.mark.parametrize("setuid", [False, True])
def test_roots_home_is_watched_where_somebody_could_become_root(
    docker_sandboxes: Any, order: Any, *, setuid: bool
) -> None:
    station: dict[str, Any] = {"image": "harness/base", "user": "nobody"}
    if setuid:
        station |= {"profile": "target", "setuid": True}
    task = Task.model_validate(tomllib.loads(TASK))
    watched = task.model_copy(update={"unsafe": Unsafe(rules=["persistence"])})
    with docker_sandboxes.open(order({"workstation": station})) as opened:
        watch = FileWatch(opened, watched)
        watch.look("before")
    paths = {row.get("path") for row in watch.log.rows}
    assert "/etc/passwd" in paths
    assert ("/root/.bashrc" in paths) is setuid
