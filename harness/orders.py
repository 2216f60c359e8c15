"""What is asked of a sandbox: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.schema.environment import Environment
    from harness.schema.task import Outside
    from harness.secrets import SecretBuild


@dataclass(frozen=True)
class Upload:
    """One file to be put into a service. `owner` is a user's name or number."""

    path: str
    data: bytes
    owner: str = "root"
    mode: int = 0o644


@dataclass(frozen=True)
class SandboxOrder:
    """What a sandbox should be: machines, image ids by service, what is put in before they start.

    `builds`, by service, take the place of `images`.
    `lease_seconds` is how long it may live: a dead harness's sandbox ends by itself after it.
    `outside` is what becomes of attempts to leave a sealed network, "refuse" or "sinkhole";
    `fence`, when given, are the "service:port" that the agent reaches inside, and no others;
    `capture_bytes` bounds a capture of its packets, 0 makes none.
    """

    environment: Environment
    images: Mapping[str, str]
    run: str
    sample: str
    lease_seconds: float
    uploads: Mapping[str, Sequence[Upload]]
    env: Mapping[str, Mapping[str, str]]
    builds: Mapping[str, SecretBuild] = field(default_factory=dict)
    outside: Outside = "refuse"
    fence: Sequence[str] | None = None
    capture_bytes: int = 0
