"""Which sensors this machine can have: tried out, not guessed."""

from __future__ import annotations

import os
import sys
from typing import get_args

from harness.errors import SensorError
from harness.sensors.kernel.client import shared_client
from harness.sensors.kernel.looking import Kind

KERNEL_SENSORS: frozenset[str] = frozenset(get_args(Kind))


def lacking(sensor: str) -> str:
    """What this machine lacks for a sensor, as in "it needs ..."; empty when it can have it."""
    if sensor not in KERNEL_SENSORS:
        return ""
    if sys.platform != "linux":
        return "Linux on this machine"
    if os.geteuid() != 0:
        return "root on this machine"
    try:
        client = shared_client()
        session = client.ask("watch", kind=sensor, services={}, decoys={})["session"]
        proved = client.ask("prove", session=session)["proved"]
        client.ask("forget", session=session)
    except SensorError as error:
        return f"a kernel that lets it watch ({error.what})"
    return "" if proved else "a kernel that tells it what happens (its nonce did not come back)"
