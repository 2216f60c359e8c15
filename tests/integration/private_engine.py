"""A second engine of the test's own, which may be stopped and started again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest

_START_SECONDS = 60.0


class PrivateEngine:
    """A dockerd with a folder, and a network namespace, of its own.

    Without that namespace its start would take the bridge of the machine's engine away. It has no
    bridge: its containers can have no network but none.
    """

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="harness-engine-"))
        self.host = f"unix://{self.root}/engine.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def why_not() -> str:
        """Why there can be none here; empty when there can."""
        if os.geteuid() != 0:
            return "a second engine needs root"
        missing = [name for name in ("dockerd", "unshare") if shutil.which(name) is None]
        return f"{missing[0]} is not installed" if missing else ""

    def __enter__(self) -> Self:
        (self.root / "daemon.json").write_text("{}")
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()
        for mount in self._mounts():
            subprocess.run(["umount", "--lazy", mount], check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def _mounts(self) -> list[str]:
        lines = Path("/proc/mounts").read_text().splitlines()
        mounts = [line.split()[1] for line in lines]
        return sorted((each for each in mounts if each.startswith(f"{self.root}/")), reverse=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        folders = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        options = [f"--{name}={self.root}/{folder}" for name, folder in folders.items()]
        fixed = [f"--config-file={self.root}/daemon.json", "--bridge=none", "--iptables=false"]
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--net", "dockerd", f"--host={self.host}", *options, *fixed],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while subprocess.run(
            ["docker", "--host", self.host, "version"], capture_output=True, check=False
        ).returncode:
            if time.monotonic() > deadline or self._process.poll() is not None:
                pytest.fail("the second engine did not start\n" + self.last_log())
            time.sleep(0.1)

    def last_log(self) -> str:
        """The end of what it printed."""
        return (self.root / "log").read_text("utf-8", "replace")[-2000:]

    def stop(self) -> None:
        """End it, and with it its containers; wait for that."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=60)

    def load(self, *images: str) -> None:
        """Copy images of the machine's engine into it, with their names."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved:
            subprocess.run(
                ["docker", "--host", self.host, "load", "--quiet"],
                stdin=saved.stdout,
                capture_output=True,
                check=True,
            )
