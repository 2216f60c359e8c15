"""An image with a sample's secrets in it arrives, is nobody else's, and leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ImageBuildError, SandboxError
from harness.sandbox.engine import Engine
from harness.sandbox.images import Images
from harness.sandbox.lease import RUN, SAMPLE, clean, leased
from harness.sandbox.machines import DockerSandboxes
from harness.sandbox.sample_image import open_sample_image
from harness.secrets import SecretBuild

DOCKERFILE = """\
FROM harness/base AS make
RUN echo the same for all > /shared
ARG KEY=placeholder
RUN printf %s "$KEY" > /made
FROM harness/base
RUN echo the same here, too > /shared
COPY --from=make /made /srv/made
COPY note.txt other.txt /srv/
CMD ["sleep", "600"]
"""
FIRST, SECOND = "key-1f0e2d3c4b5a", "key-a5b4c3d2e1f0"
ALONE: dict[str, Any] = {
    "services": {
        "box": {"image": "harness/base", "user": "nobody", "command": ["sleep", "600"]},
        "vault": {"build": "vault"},
    },
    "agent": "box",
    "network": {"mode": "none"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A context that takes a secret as an argument in one stage, and in a file in the other."""
    folder = tmp_path_factory.mktemp("context")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "note.txt").write_text("the key is {secret:key}, twice {secret:key}")
    (folder / "other.txt").write_text("{secret:key}")
    return folder


def build_of(folder: Path, value: str) -> SecretBuild:
    return SecretBuild(
        folder, {"KEY": value}, {"note.txt": {"{secret:key}": value}}, {"key": value}
    )


@pytest.fixture
def open_image(docker_sandboxes: DockerSandboxes, run_label: str, folder: Path) -> Any:
    """Open the image of a value."""

    def do(value: str, folder: Path = folder) -> Any:
        build = build_of(folder, value)
        return open_sample_image(
            docker_sandboxes.image_store, build, "image of the vault", {RUN: run_label}
        )

    return do


@pytest.fixture
def left(engine: Engine, run_label: str) -> Iterator[Callable[[], list[Any]]]:
    """The images, containers and layers on the engine that carry this session's label."""

    def look() -> list[Any]:
        label = {"label": f"{RUN}={run_label}"}
        images = engine.api.images(filters=label, all=True)
        return [*images, *engine.api.containers(filters=label, all=True)]

    assert look() == []
    yield look
    assert look() == []


def history(engine: Engine, image: str) -> str:
    api: Any = engine.api
    return json.dumps(api.history(image))


def test_nothing_stays_of_an_image_and_of_its_stages(
    engine: Engine, open_image: Any, left: Any
) -> None:
    with open_image(FIRST) as image:
        assert FIRST in "".join(history(engine, row["Id"]) for row in left())
        assert engine.image_id(image) == image
        layers = [row["Id"] for row in left()]
        assert len(layers) > 4
    assert left() == []
    assert [engine.image_id(layer) for layer in layers] == [None] * len(layers)


def test_steps_before_the_secret_come_from_the_cache(
    engine: Engine, open_image: Any, docker_images: Images
) -> None:
    base = docker_images.resolve("harness/base")

    def ids(image: str) -> list[str]:
        api: Any = engine.api
        return [row["Id"] for row in api.history(image)]

    # The first to come makes the shared steps; while it stands, others find them.
    with open_image(FIRST) as first, open_image(SECOND) as second:
        shared = set(ids(first)) & set(ids(second)) - set(ids(base))
        assert len(shared) == 1  # the step before anything of the other stage is copied
        assert ids(first)[0] != ids(second)[0]


def test_an_image_with_the_same_secrets_is_still_another(open_image: Any, left: Any) -> None:
    with open_image(FIRST) as first:
        with open_image(FIRST) as second:
            assert first != second
        assert any(row["Id"] == first for row in left())


def test_two_at_once_do_not_mix(
    engine: Engine, docker_sandboxes: DockerSandboxes, order: Any, folder: Path, left: Any
) -> None:
    seen: dict[str, list[bytes]] = {}
    both = threading.Barrier(2)

    def work(value: str) -> None:
        with docker_sandboxes.open(order_of(docker_sandboxes, order, folder, value)) as sandbox:
            both.wait(60)
            names = ("made", "note.txt", "other.txt")
            seen[value] = [sandbox.read(f"/srv/{name}", service="vault") for name in names]

    threads = [threading.Thread(target=work, args=(value,)) for value in (FIRST, SECOND)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {
        value: [
            value.encode(),
            f"the key is {value}, twice {value}".encode(),
            b"{secret:key}",
        ]
        for value in (FIRST, SECOND)
    }
    assert left() == []


def order_of(sandboxes: DockerSandboxes, order: Any, folder: Path, value: str) -> Any:
    """An order whose vault is built for the sample; the fixture cannot know the folder."""
    import dataclasses

    from harness.schema.environment import Environment

    made = order({"box": ALONE["services"]["box"]}, agent="box")
    environment = Environment.model_validate(
        {
            "schema": 1,
            "title": "a vault",
            "agent_service": "box",
            "services": ALONE["services"],
            "network": ALONE["network"],
        }
    )
    return dataclasses.replace(
        made, environment=environment, builds={"vault": build_of(folder, value)}
    )


def test_a_failing_build_tells_no_secret_and_leaves_nothing(
    open_image: Any, tmp_path: Path, left: Any
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM harness/base\nARG KEY\nCOPY note.txt /\nRUN echo the key is $KEY; cat /note.txt; exit 3\n"
    )
    (tmp_path / "note.txt").write_text("noted: {secret:key}")
    with pytest.raises(ImageBuildError, match="Step ") as caught, open_image(FIRST, tmp_path):
        pass
    assert "the key is [secret key]\nnoted: [secret key]" in caught.value.detail
    assert FIRST not in f"{caught.value} {caught.value.detail}"
    assert caught.value.__cause__ is None
    assert left() == []


def test_nothing_stays_when_the_work_fails(open_image: Any, left: Any) -> None:
    with pytest.raises(KeyError), open_image(FIRST):
        raise KeyError
    assert left() == []


def test_an_image_that_cannot_be_removed_is_told(
    engine: Engine, open_image: Any, run_label: str, left: Any
) -> None:
    opened = open_image(FIRST)
    user = engine.api.create_container(opened.__enter__(), ["sleep", "60"])["Id"]
    engine.api.start(user)
    with pytest.raises(SandboxError, match="holds secrets and cannot be removed") as caught:
        opened.__exit__(None, None, None)
    assert "harness clean" in caught.value.remedy
    engine.api.remove_container(user, force=True)
    while rows := engine.api.images(filters={"label": f"{RUN}={run_label}"}):
        for row in rows:
            engine.api.remove_image(row["Id"], force=True)


def test_images_of_a_sample_are_not_listed_among_ours(
    docker_sandboxes: DockerSandboxes, order: Any, folder: Path, left: Any
) -> None:
    with docker_sandboxes.open(order_of(docker_sandboxes, order, folder, FIRST)) as sandbox:
        listed = {row["id"] for row in docker_sandboxes.image_store.listing()}
        assert sandbox.images["vault"] not in listed
        assert sandbox.images["box"] in listed


KILLED = """\
import sys, time
from pathlib import Path
from harness.content.roots import Roots
from harness.orders import SandboxOrder
from harness.sandbox.engine import connect
from harness.sandbox.images import OURS, Images
from harness.sandbox.machines import DockerSandboxes
from harness.schema.environment import Environment
from harness.schema.task import Collect
from harness.secrets import SecretBuild

checkout, folder, run, sample = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
own = Roots((checkout,)).children("docker", "Dockerfile")
store = Images(connect(), {f"{OURS}{name}": path for name, path in own.items()}, lambda _: None)
environment = Environment.model_validate({
    "schema": 1, "title": "a box", "agent_service": "box",
    "services": {"box": {"build": "box", "user": "nobody"}},
})
build = SecretBuild(folder, {"KEY": sample}, {"note.txt": {"{secret:key}": sample}}, {})
order = SandboxOrder(environment, {}, run, sample, 900.0, {}, {}, {"box": build})
print("begun", flush=True)
with DockerSandboxes(store.engine, store).open(order) as sandbox:
    sandbox.freeze()
    with sandbox._snapshot():
        print("open", flush=True)
        time.sleep(600)
"""
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.alone
@pytest.mark.parametrize("moment", ["while it builds", "while it runs"])
def test_what_a_killed_harness_leaves_is_cleaned(
    engine: Engine, folder: Path, tmp_path: Path, moment: str, run_label: str, left: Any
) -> None:
    slow = DOCKERFILE.replace("CMD", "RUN sleep 20\nCMD") if "builds" in moment else DOCKERFILE
    for name in ("note.txt", "other.txt"):
        (tmp_path / name).write_text((folder / name).read_text())
    (tmp_path / "Dockerfile").write_text(slow)
    program = [sys.executable, "-c", KILLED, str(CHECKOUT), str(tmp_path), run_label, moment]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        if "builds" in moment:
            _wait_for_a_step(engine, run_label)
        else:
            assert process.stdout.readline() == "open\n"
        process.kill()
    mine = [each for each in leased(engine) if each.labels.get(SAMPLE) == moment]
    assert {each.kind for each in mine} >= {"image"}
    assert not any(each.alive for each in mine)
    clean(engine, run=run_label)
    deadline = time.monotonic() + 60
    while "builds" in moment and left() and time.monotonic() < deadline:
        time.sleep(0.2)  # the build may still have been ending
        clean(engine, run=run_label)
    assert left() == []


def _wait_for_a_step(engine: Engine, run_label: str) -> None:
    """Until the container of a build's step runs: its labels are its image's."""
    label = {"label": f"{RUN}={run_label}"}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for row in engine.api.containers(filters=label):
            if "sleep 20" in row["Command"]:
                return
        time.sleep(0.1)
    pytest.fail("the slow step never ran")
