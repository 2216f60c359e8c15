"""Telling others how a night ended. Trouble with that is told, and changes no verdict."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.schema.nightly import Notify

_TRIES, _SECONDS, _PAUSE_SECONDS = 3, 10.0, 1.0


def notify(wanted: Notify, message: Mapping[str, Any]) -> list[str]:
    """Write the file and post to the webhook; what did not work, in words without the address."""
    troubles = []
    if wanted.file:
        try:
            path = Path(wanted.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(message, indent=2, ensure_ascii=False) + "\n", "utf-8")
        except OSError as error:
            troubles.append(f"notify.file {wanted.file}: cannot be written ({error.strerror})")
    address = wanted.webhook
    if wanted.webhook_env:
        address = os.environ.get(wanted.webhook_env)
        if not address:
            troubles.append(f"notify.webhook_env: {wanted.webhook_env} is not set")
    if address and (fault := _post(address, message)):
        troubles.append(f"notify.webhook: {fault}")
    return troubles


def _post(address: str, message: Mapping[str, Any]) -> str:
    """Post JSON, a few times if need be; the last fault, or ""."""
    fault = ""
    for number in range(_TRIES):
        if number:
            time.sleep(_PAUSE_SECONDS * number)
        try:
            if not address.startswith(("http://", "https://")):
                return "is no address of http or https"
            request = urllib.request.Request(  # noqa: S310 - looked at above
                address,
                json.dumps(message).encode(),
                {"Content-Type": "application/json", "User-Agent": "harness"},
            )
            with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310
                return ""
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            fault = f"{type(error).__name__}: {reason}"
    return f"{fault}, {_TRIES} times"
