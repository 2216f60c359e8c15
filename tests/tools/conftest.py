"""Tools on a workbench over a fake sandbox, called as a session calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness.orders import SandboxOrder
from harness.protocols import Sandbox, Tool, ToolResult, Workbench
from harness.testing.fake_sandbox import FakeSandboxes
from harness.testing.sandbox_conformance import ENVIRONMENT
from harness.tools import TOOLS


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    wanted = SandboxOrder(ENVIRONMENT, {}, "tools", "tools", 60.0, {}, {})
    with FakeSandboxes().open(wanted) as opened:
        yield opened


@pytest.fixture
def home(sandbox: Sandbox) -> str:
    """The agent's home as commands see it."""
    return sandbox.exec(["pwd"]).stdout.decode().strip()


@pytest.fixture
def bench(sandbox: Sandbox, tmp_path: Path) -> Workbench:
    return Workbench(sandbox, lambda: 20.0, tmp_path / "outputs")


@pytest.fixture
def tool() -> Iterator[Callable[..., Any]]:
    """Open a tool on a workbench; the function that it gives calls it with plain arguments."""
    with ExitStack() as stack:

        def opened(name: str, bench: Workbench) -> Callable[..., ToolResult]:
            live: Tool = TOOLS[name]()
            stack.callback(live.close)

            def call(**arguments: Mapping[str, Any]) -> ToolResult:
                return live.call(live.Args.model_validate(arguments), bench)

            return call

        yield opened
