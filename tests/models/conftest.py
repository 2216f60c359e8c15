"""Real clients of the SDKs against a real local server."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from harness.models import open_model
from harness.models.retry import RetryPolicy
from harness.testing.messages_server import MessagesServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.testing.messages_server import Program

_AMBIENT = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_PROFILE",
    "HARNESS_PRICES",
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_ADMIN_KEY",
)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in _AMBIENT:
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret-of-the-test")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-test")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path / "no-config"))


class Clock:
    """Waits that take no time and are written down, in seconds."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def policy(self, **changes: Any) -> RetryPolicy:
        return RetryPolicy(**{"sleep": self.sleep, "jitter": 0.0, **changes})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(clock: Clock) -> Any:
    """Open a model and the server that it talks to."""

    @contextmanager
    def pair(
        program: Program, *, model: str = "anthropic/claude-opus-4-5", **options: Any
    ) -> Iterator:
        options.setdefault("retries", clock.policy())
        with MessagesServer(program) as server:
            chat = model.startswith("openai/")
            address = server.chat_url if chat else server.url
            opened = open_model(model, base_url=address, **options)
            try:
                yield opened, server
            finally:
                opened.close()

    return pair


@pytest.fixture
def connect_chat(connect: Any) -> Any:
    """The same for a model behind Chat Completions."""
    return partial(connect, model="openai/gpt-test")
