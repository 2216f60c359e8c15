"""Runtimes: the wanted one is used or named as missing, and escape insists on another kernel."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from harness.errors import ContainmentError, SandboxError
from harness.sandbox.engine import Engine
from harness.sandbox.machines import DockerSandboxes
from harness.sandbox.runtime_probe import try_runtime
from harness.sandbox.runtimes import chosen, has_own_kernel, offered, require_runtime
from harness.schema.environment import Service

BOX = {"image": "harness/base", "user": "nobody"}


@dataclasses.dataclass(frozen=True)
class Offering(Engine):
    """An engine that was never asked: what it offers is given."""

    client: Any = None
    runtimes: Any = None

    @property
    def info(self) -> dict[str, Any]:  # type: ignore[override]
        return {"DefaultRuntime": "runc", "Runtimes": self.runtimes}


RUNTIMES = {
    "runc": {"path": "runc"},
    "runsc": {"path": "/usr/bin/runsc"},
    "named-so": {"path": "/opt/gvisor/runsc", "runtimeArgs": ["--network=host"]},
    "kata": {"runtimeType": "io.containerd.kata.v2"},
    "runsc-by-name": {"path": "/usr/sbin/runc"},
}


@pytest.mark.parametrize(
    ("runtime", "own"),
    [
        ("runc", False),
        ("runsc", True),
        ("named-so", True),
        ("kata", True),
        ("runsc-by-name", False),
        ("unknown", False),
    ],
)
def test_a_kernel_of_its_own_is_known_by_the_program_and_not_the_name(
    runtime: str,
    own: bool,  # noqa: FBT001 - what must hold
) -> None:
    assert has_own_kernel(Offering(runtimes=RUNTIMES), runtime) is own


@pytest.mark.parametrize("runtime", [None, "runc", "runsc-by-name"])
def test_escape_refuses_a_runtime_that_shares_the_kernel(runtime: str | None) -> None:
    service = Service.model_validate({**BOX, "profile": "escape"})
    with pytest.raises(ContainmentError, match=r"needs a kernel of its own.*--runtime runsc"):
        require_runtime(Offering(runtimes=RUNTIMES), service, runtime, "service box")
    assert require_runtime(Offering(runtimes=RUNTIMES), service, "runsc", "service box") == "runsc"


def test_a_runtime_that_is_not_offered_is_named_with_those_that_are() -> None:
    with pytest.raises(SandboxError, match=r"'other'.*it offers kata, named-so, runc, runsc"):
        chosen(Offering(runtimes=RUNTIMES), "other")


def test_escape_is_refused_before_anything_is_opened(order: Any, engine: Engine) -> None:
    if has_own_kernel(engine, chosen(engine, None)):
        pytest.skip("the engine's default runtime has a kernel of its own")
    with pytest.raises(ContainmentError, match="service box"):
        order({"box": {**BOX, "profile": "escape"}}, agent="box")


def test_containers_run_in_the_wanted_runtime(
    docker_sandboxes: DockerSandboxes, order: Any, engine: Engine
) -> None:
    others = [name for name in offered(engine) if name.startswith("io.containerd.runc")]
    if not others:
        pytest.skip("the engine offers its default runtime only")
    wanted = dataclasses.replace(docker_sandboxes, runtime=others[0])
    assert wanted.posture["runtime"] == others[0]
    with wanted.open(order({"box": BOX}, agent="box")) as sandbox:
        assert sandbox.posture["box"]["runtime"] == others[0]
        (container,) = sandbox.containers.values()  # type: ignore[attr-defined]
        config = engine.api.inspect_container(container.id)["HostConfig"]
        assert config["Runtime"] == others[0]


def test_the_usual_runtime_does_all_that_a_sandbox_needs(
    docker_sandboxes: DockerSandboxes, engine: Engine
) -> None:
    image = docker_sandboxes.image_store.resolve("harness/base")
    trials = list(try_runtime(engine, chosen(engine, None), image))
    assert [each.what for each in trials if not each.works] == []
    assert len(trials) == 3


def test_a_runtime_that_does_not_start_is_told(
    docker_sandboxes: DockerSandboxes, engine: Engine
) -> None:
    image = docker_sandboxes.image_store.resolve("harness/base")
    (trial,) = try_runtime(engine, "no-such-runtime", image)
    assert not trial.works
    assert "no-such-runtime" in trial.said


def test_gvisor_puts_another_kernel_under_a_sandbox(
    docker_sandboxes: DockerSandboxes, order: Any, engine: Engine
) -> None:
    strong = [name for name in offered(engine) if has_own_kernel(engine, name)]
    if not strong:
        pytest.skip("the engine offers no runtime with a kernel of its own")
    image = docker_sandboxes.image_store.resolve("harness/base")
    working = [name for name in strong if next(try_runtime(engine, name, image)).works]
    if not working:
        pytest.skip(f"none of {', '.join(strong)} starts a container here")
    escape = {"box": {**BOX, "profile": "escape"}}
    made = order({"box": BOX}, agent="box")
    environment = made.environment.model_validate(
        made.environment.model_dump(by_alias=True) | {"services": escape}
    )
    wanted = dataclasses.replace(docker_sandboxes, runtime=working[0])
    with wanted.open(dataclasses.replace(made, environment=environment)) as sandbox:
        kernel = sandbox.exec(["uname", "-r"]).stdout.decode().strip()
        assert kernel != engine.info["KernelVersion"]
        # gVisor mounts a tmpfs of its own on an empty /tmp, where nothing from outside is seen.
        sandbox.write("/srv/file", b"through", owner="nobody")
        assert sandbox.exec(["cat", "/srv/file"]).stdout == b"through"
