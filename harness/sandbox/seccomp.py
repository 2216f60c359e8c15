"""The filter of system calls that every container gets, in the engine's own format.

It stands in docker/seccomp/ and is taken from the harness's own checkout or package alone: content
that is named on the command line cannot bring a weaker one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.errors import SandboxError

_PACKAGE = Path(__file__).resolve().parents[1]
# The wheel's folder first: beside an installed package, `docker` is the SDK.
_PLACES = (_PACKAGE / "_content", _PACKAGE.parent)


@dataclass(frozen=True)
class Filter:
    """A filter: the JSON that the engine gets, and what a run records of it."""

    text: str
    default: str
    killed: tuple[str, ...]

    @property
    def posture(self) -> dict[str, Any]:
        """Its digest, what happens to calls that it does not name, and which end their process."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return {"digest": f"sha256:{digest}", "default": self.default, "killed": list(self.killed)}


@cache
def system_calls(profile: str) -> Filter:
    """The filter of a service's profile. Raises SandboxError when it is missing."""
    found = _read("strict.json")
    if profile != "strict":
        more = _read("workstation.json")
        found["archMap"] = more["archMap"]
        found["syscalls"] += more["syscalls"]
    killed = {
        name
        for rule in found["syscalls"]
        if rule["action"] == "SCMP_ACT_KILL_PROCESS"
        for name in rule["names"]
    }
    text = json.dumps(found, sort_keys=True, separators=(",", ":"))
    return Filter(text, found["defaultAction"], tuple(sorted(killed)))


def _read(name: str) -> dict[str, Any]:
    for place in _PLACES:
        path = place / "docker" / "seccomp" / name
        if path.is_file():
            return dict(json.loads(path.read_text("utf-8")))
    raise SandboxError(
        f"docker/seccomp/{name}",
        "the filter of system calls is not with the harness",
        "install the harness again, or restore the checkout",
    )
