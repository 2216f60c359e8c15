"""Whether a provider's credentials and extra are there, asked before a run starts."""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.models.target import Target

_EXTRA_NEEDS = {"bedrock": "boto3", "vertex": "google.auth", "openai": "openai"}


def check_extra(provider: str) -> None:
    """Raises UsageError when the package that the provider needs is not installed."""
    package = _EXTRA_NEEDS.get(provider)
    if package is None or _installed(package):
        return
    raise UsageError(
        f"model {provider}",
        f"the package {package} is not installed",
        f"install agent-eval-harness[{provider}]",
    )


def check_credentials(target: Target) -> None:
    """Open and close the SDK's client, and look for what that client looks for only later.

    Sends no request to the model's API. The clouds' own packages may ask the machine's metadata
    service, as they do in a run. Raises UsageError.
    """
    check_extra(target.provider)
    if target.provider == "openai":
        from harness.models import openai_chat

        openai_chat.open_client(target).close()
        return
    from harness.models.anthropic_messages import credentials_of, open_client

    open_client(target).close()
    # The client of Anthropic's own API has refused to open without a key.
    later = {"bedrock": _found_aws, "vertex": _found_google}
    if target.provider in later and not later[target.provider]():
        raise UsageError(
            f"model {target.provider}",
            "no credentials were found",
            f"set {credentials_of(target)}",
        )


def check_key(where: str, key: str, variable: str) -> None:
    """Raises UsageError, which does not show it, for a key that no HTTP header can carry."""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(
            where,
            "the key holds a space, a line break or another character that no key has",
            f"set {variable} again, without quotes or line breaks",
        )


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _found_aws() -> bool:
    if os.environ.get("AWS_BEARER_TOKEN_BEDROCK"):
        return True
    boto3 = importlib.import_module("boto3")
    return boto3.Session().get_credentials() is not None


def _found_google() -> bool:
    auth = importlib.import_module("google.auth")
    try:
        _, project = auth.default()
    except auth.exceptions.DefaultCredentialsError:
        return False
    return bool(os.environ.get("ANTHROPIC_VERTEX_PROJECT_ID") or project)
