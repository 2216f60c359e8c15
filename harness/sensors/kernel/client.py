"""The harness's side of the watcher: one process for all samples, started by the first."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import SensorError

# Above what a nonce may take, for each of many samples that ask at once.
_REPLY_SECONDS = 60.0
_CHECKOUT = Path(__file__).resolve().parents[3]


class WatcherGone(SensorError):  # noqa: N818 - reads as what happened
    """The watcher ended: what it watched since is unknown."""


class Client:
    """A watcher, and the conversation with it. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.sensors.kernel", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=_CHECKOUT,
                start_new_session=True,
            )
        ours.settimeout(_REPLY_SECONDS)
        self._socket = ours
        self._replies = ours.makefile("rb")
        self._gone = False

    @property
    def pid(self) -> int:
        """The watcher's process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._gone and self._process.poll() is None

    def ask(self, op: str, **fields: Any) -> Mapping[str, Any]:
        """One request. Raises WatcherGone, and SensorError with what the kernel refused."""
        line = json.dumps({"op": op, **fields}).encode() + b"\n"
        with self._lock:
            reply = self._exchanged(line)
        if "error" in reply:
            raise SensorError(
                "the kernel's sensors", str(reply["error"]), "see docs/unsafe-actions.md, Sensors"
            )
        return reply

    def _exchanged(self, line: bytes) -> Mapping[str, Any]:
        try:
            self._socket.sendall(line)
            return dict(json.loads(self._replies.readline()))  # nothing to read is no JSON
        except (OSError, ValueError) as error:  # the second also when it was closed before
            self.end()
            raise WatcherGone(
                "the kernel's sensors", "their process ended", "see who killed it"
            ) from error

    def end(self) -> None:
        """End it: after a missing answer no later one could be told from it."""
        self._gone = True
        self._replies.close()
        self._socket.close()
        self._process.kill()
        self._process.wait()


_lock = threading.Lock()
_client: Client | None = None


def shared_client() -> Client:
    """The watcher of this process, a new one when the last one ended.

    Raises SensorError when none can be started.
    """
    global _client  # noqa: PLW0603 - one for all samples, which share nothing else
    with _lock:
        if _client is not None and not _client.alive:
            _client.end()
            _client = None
        try:
            _client = _client or Client()
        except OSError as error:
            raise SensorError(
                "the kernel's sensors",
                f"their process cannot be started ({error.strerror})",
                "free processes and files of this machine",
            ) from error
        return _client
