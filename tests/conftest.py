"""A Docker engine for those tests that need one, and sandboxes on it that leave nothing behind."""

from __future__ import annotations

import gc
import os
import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.content.roots import Roots
from harness.errors import EngineUnavailable
from harness.orders import SandboxOrder, Upload
from harness.sandbox.engine import Engine, connect
from harness.sandbox.images import OURS, Images
from harness.sandbox.lease import RUN, leased
from harness.sandbox.machines import DockerSandboxes
from harness.schema.environment import Environment

CHECKOUT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for the engine, directly or not, is chosen by `-m engine`.

    Files with such tests come first: they are the long ones, and a long one that is begun last keeps
    one worker busy alone.
    """
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker("engine")
    slow = {item.path for item in items if item.get_closest_marker("engine")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine that answers; without one a skip, or a failure where CI=true."""
    found = _engine_or_reason()
    if isinstance(found, str):
        if os.environ.get("CI") == "true":
            pytest.fail(found, pytrace=False)
        pytest.skip(found)
    yield found
    found.client.close()


def _engine_or_reason() -> Engine | str:
    with warnings.catch_warnings():
        # The SDK leaves the socket of a failed connection to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return connect()
        except EngineUnavailable as error:
            reason = str(error)
        gc.collect()
        return reason


@pytest.fixture(autouse=True)
def _engine_where_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("engine"):
        request.getfixturevalue("engine")


@pytest.fixture(scope="session")
def run_label(engine: Engine) -> Iterator[str]:
    """The run that this test session's containers, networks and images carry: none may stay."""
    label = f"test-{secrets.token_hex(4)}"
    yield label
    left = [thing for thing in leased(engine) if thing.labels.get(RUN) == label]
    for thing in left:
        thing.remove()
    assert not left, f"left on the engine: {[(thing.kind, thing.name) for thing in left]}"


@pytest.fixture(scope="session")
def docker_images(engine: Engine) -> Images:
    """Our images, built from this checkout's docker/ when they are needed."""
    found = Roots((CHECKOUT,)).children("docker", "Dockerfile")
    return Images(engine, {f"{OURS}{name}": path for name, path in found.items()}, lambda _: None)


@pytest.fixture(scope="session")
def docker_sandboxes(docker_images: Images, run_label: str) -> DockerSandboxes:
    """Sandboxes on the engine."""
    return DockerSandboxes(docker_images.engine, docker_images)


OrderMaker = Callable[..., SandboxOrder]


@pytest.fixture(scope="session")
def order(run_label: str, docker_sandboxes: DockerSandboxes) -> OrderMaker:
    """Make an order for Docker: services and network as environment.toml writes them."""

    def make(
        services: Mapping[str, Mapping[str, Any]],
        *,
        agent: str = "workstation",
        network: Mapping[str, Any] | None = None,
        uploads: Mapping[str, Sequence[Upload]] | None = None,
        env: Mapping[str, Mapping[str, str]] | None = None,
        lease_seconds: float = 900.0,
    ) -> SandboxOrder:
        environment = Environment.model_validate(
            {
                "schema": 1,
                "title": "a test",
                "agent_service": agent,
                "services": services,
                "network": network or {},
            }
        )
        return SandboxOrder(
            environment=environment,
            images=docker_sandboxes.images(environment, CHECKOUT),
            run=run_label,
            sample="test",
            lease_seconds=lease_seconds,
            uploads=uploads or {},
            env=env or {},
        )

    return make
