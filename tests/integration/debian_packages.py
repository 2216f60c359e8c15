"""Programs of Debian's that a test drives: installed as root where they are missing."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

LOCK = Path("/var/lock/harness-tests-apt")


def install(packages: list[str], *, there: Callable[[], bool]) -> str | None:
    """Install packages unless `there`; why they are still missing, or None.

    Test processes take turns: apt's own locks are no queue.
    """
    if there():
        return None
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"missing: apt-get install {' '.join(packages)}"
    said = b""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for line in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            ran = subprocess.run(
                ["apt-get", "-qq", *line],
                capture_output=True,
                timeout=600,
                check=False,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
            said = ran.stderr
    if there():
        return None
    return f"{' '.join(packages)} cannot be installed: {said.decode('utf-8', 'replace')[-200:]}"
