"""Whether a provider's credentials and extra are there, asked before a run starts."""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.models.anthropic_messages import Platform

_EXTRA_NEEDS: dict[Platform, str] = {"bedrock": "boto3", "vertex": "google.auth"}


def check_extra(platform: Platform) -> None:
    """Raises UsageError when the package that the platform needs is not installed."""
    package = _EXTRA_NEEDS.get(platform)
    if package is None or _installed(package):
        return
    raise UsageError(
        f"model {platform}",
        f"the package {package} is not installed",
        f"install agent-eval-harness[{platform}]",
    )


def check_credentials(platform: Platform, base_url: str | None = None) -> None:
    """Open and close the SDK's client, and look for what that client looks for only later.

    Sends no request to the model's API. The clouds' own packages may ask the machine's metadata
    service, as they do in a run. Raises UsageError.
    """
    from harness.models.anthropic_messages import CREDENTIALS, open_client

    check_extra(platform)
    open_client(platform, base_url).close()
    # The client of Anthropic's own API has refused to open without a key.
    later = {"bedrock": _found_aws, "vertex": _found_google}
    if platform in later and not later[platform]():
        raise UsageError(
            f"model {platform}", "no credentials were found", f"set {CREDENTIALS[platform]}"
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
