"""What checks of a sandbox share: the machines that they expect, and what a sandbox may lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from harness.protocols import Sandbox
from harness.schema.environment import Environment

Capability = Literal["users"]
Check = Callable[[Sandbox, Path], None]

HOME = "/home/agent"
HELPER_SAYS = "the helper is up"
ENVIRONMENT = Environment.model_validate(
    {
        "schema": 1,
        "title": "What the checks run in",
        "agent_service": "workstation",
        "services": {
            "workstation": {"image": "harness/workstation", "user": "agent", "workdir": HOME},
            "helper": {
                "image": "harness/base",
                "command": ["sh", "-c", f"echo {HELPER_SAYS}; exec sleep 3600"],
                "ready": {"log": HELPER_SAYS},
            },
        },
    }
)
_NEEDED: dict[Check, frozenset[Capability]] = {}


def needs(*capabilities: Capability) -> Callable[[Check], Check]:
    """Mark a check that only sandboxes with these capabilities can pass.

    "users": commands and files belong to different users.
    """

    def mark(check: Check) -> Check:
        _NEEDED[check] = frozenset(capabilities)
        return check

    return mark


def lacking(check: Check, has: frozenset[Capability]) -> frozenset[Capability]:
    """What a sandbox with the capabilities `has` lacks for a check."""
    return _NEEDED.get(check, frozenset()) - has


def raised(call: Callable[[], object]) -> Exception | None:
    """The exception that a call raises, or None."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the checks look at it
        return error
    return None


def named_checks(namespace: Mapping[str, object]) -> tuple[Check, ...]:
    """The checks of a module, in the order in which they stand there."""
    return tuple(
        value for name, value in namespace.items() if name.startswith("check_") and callable(value)
    )
