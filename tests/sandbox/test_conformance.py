"""The sandboxes of this project do what every sandbox must do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.orders import SandboxOrder
from harness.protocols import Sandbox
from harness.sandbox.machines import DockerSandboxes
from harness.testing.fake_sandbox import FakeSandbox
from harness.testing.sandbox_conformance import (
    CHECKS,
    ENVIRONMENT,
    FINAL_CHECKS,
    HELPER_SAYS,
    Check,
    lacking,
)


@pytest.fixture(scope="module")
def conformance_order(docker_sandboxes: DockerSandboxes, run_label: str) -> SandboxOrder:
    return SandboxOrder(
        environment=ENVIRONMENT,
        images=docker_sandboxes.images(ENVIRONMENT, Path()),
        run=run_label,
        sample="conformance",
        lease_seconds=900.0,
        uploads={},
        env={},
    )


@pytest.fixture(scope="module")
def shared(docker_sandboxes: DockerSandboxes, conformance_order: SandboxOrder) -> Iterator[Sandbox]:
    with docker_sandboxes.open(conformance_order) as sandbox:
        yield sandbox


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_docker_conforms(check: Check, shared: Sandbox, tmp_path: Path) -> None:
    check(shared, tmp_path)


@pytest.mark.parametrize("check", FINAL_CHECKS, ids=lambda check: check.__name__)
def test_docker_conforms_at_its_end(
    check: Check, docker_sandboxes: DockerSandboxes, conformance_order: SandboxOrder, tmp_path: Path
) -> None:
    once = dataclasses.replace(conformance_order, sample=check.__name__)
    with docker_sandboxes.open(once) as sandbox:
        check(sandbox, tmp_path)


@pytest.mark.parametrize("check", [*CHECKS, *FINAL_CHECKS], ids=lambda check: check.__name__)
def test_the_fake_conforms(check: Check, tmp_path: Path) -> None:
    if missing := lacking(check, frozenset()):
        pytest.skip(f"the fake has no {', '.join(missing)}")
    order = SandboxOrder(ENVIRONMENT, {}, "fake", check.__name__, 900.0, {}, {})
    with closing(FakeSandbox(order, logs={"helper": HELPER_SAYS})) as sandbox:
        check(sandbox, tmp_path)
