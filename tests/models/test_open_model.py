"""Names of models, and what is found out before anything starts."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest

from harness.errors import UsageError
from harness.messages import user_message
from harness.models import check_model, open_model, price_known
from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, text


@pytest.mark.parametrize(
    "name", ["other/gpt", "openai/", "claude-opus-5", "anthropic/", "scripted", "", "/x"]
)
@pytest.mark.parametrize("use", [open_model, check_model, price_known])
def test_an_unknown_provider_is_refused_with_the_known_ones(name: str, use: Any) -> None:
    with pytest.raises(UsageError) as caught:
        use(name)
    for known in (
        "anthropic/<id>",
        "openai/<id>",
        "bedrock/<id>",
        "vertex/<id>",
        "scripted/<file>",
    ):
        assert known in str(caught.value)


def test_naming_models_imports_no_sdk() -> None:
    code = (
        "import sys, harness.models as m; m.known_models(); m.price_known('anthropic/x'); "
        "print([n for n in ('anthropic', 'openai', 'docker', 'tenacity') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("use", [open_model, check_model])
def test_a_missing_key_is_refused_with_its_variable(
    value: str | None, use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv("ANTHROPIC_API_KEY")
    else:
        monkeypatch.setenv("ANTHROPIC_API_KEY", value)
    with pytest.raises(UsageError, match="ANTHROPIC_API_KEY"):
        use("anthropic/claude-opus-5")


@pytest.mark.parametrize(
    "value", ["sk-ant-1\n", " sk-ant-1", "sk-ant-\N{LATIN SMALL LETTER E WITH ACUTE}"]
)
def test_a_key_that_no_header_can_carry_is_refused_unshown(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", value)
    with pytest.raises(UsageError) as caught:
        check_model("anthropic/claude-opus-5")
    assert "sk-ant" not in repr(caught.value)


def test_a_token_in_place_of_a_key_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token")
    check_model("anthropic/claude-opus-5")


def test_a_check_asks_nothing_of_the_api() -> None:
    with MessagesServer([]) as server:
        check_model("anthropic/claude-opus-5", base_url=server.url)
        assert server.requests == []


@pytest.mark.parametrize("use", [open_model, check_model])
@pytest.mark.parametrize(
    ("name", "package"), [("bedrock/anthropic.claude-x", "boto3"), ("vertex/claude-x", "google")]
)
def test_a_missing_extra_is_refused_with_what_to_install(name: str, package: str, use: Any) -> None:
    if find_spec(package) is not None:
        pytest.skip(f"{package} is installed")
    with pytest.raises(UsageError, match=rf"agent-eval-harness\[{name.partition('/')[0]}\]"):
        use(name)


def test_the_base_url_and_the_key_are_used(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with MessagesServer([Answer([text("from the variable")])]) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        model: Any = open_model("anthropic/claude-opus-5")
        assert model.generate([user_message("x")]).message.text == "from the variable"
        model.close()
        assert server.requests[0].headers["authorization"] == "Bearer sk-secret-of-the-test"
    with connect([Answer([text("from the argument")])]) as (other, _):
        assert other.generate([user_message("x")]).message.text == "from the argument"


def test_the_context_window_comes_from_the_list_of_prices(connect: Any) -> None:
    with connect([], model="anthropic/claude-opus-5-5") as (model, _):
        assert model.context_tokens == 1_000_000
        assert model.name == "anthropic/claude-opus-5-5"
