"""Waiting until a service is ready, with one command inside it instead of a poll from outside."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from harness.errors import NotReadyError, SandboxError, SandboxLost, SandboxStartError
from harness.schema.environment import Readiness

if TYPE_CHECKING:
    from harness.sandbox.container import Container

_LOG_LINES = 15

# A service's image may hold any of these clients; all take the URL as $1.
_HTTP = r"""
if command -v curl; then probe() { curl -fsS -m 2 -o /dev/null "$1"; }
elif command -v wget; then probe() { wget -q -T 2 -O /dev/null "$1"; }
elif command -v python3; then
  exec python3 -c '
import sys, time, urllib.request
while True:
    try:
        urllib.request.urlopen(sys.argv[1], timeout=2)
        break
    except OSError:
        time.sleep(0.05)
' "$1"
else echo "no curl, wget or python3 for a http probe" >&2; exit 9; fi >/dev/null
until probe "$1" 2>/dev/null; do sleep 0.1; done
"""
# A listening socket (state 0A) on the port, seen without connecting to it.
_TCP = 'until cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ":$1 [0-9A-F:]* 0A"; do sleep 0.05; done'
_COMMAND = 'until sh -c "$1" >/dev/null 2>&1; do sleep 0.1; done'


def wait_ready(container: Container, ready: Readiness) -> None:
    """Return when the probe holds. Raises NotReadyError with the end of the service's log."""
    if ready.log is not None:
        reached = _wait_log(container, ready.log, ready.within)
    else:
        reached = _wait_inside(container, ready)
    if not reached:
        raise NotReadyError(
            container.where,
            f"it was not ready within {ready.within:g} s ({_describe(ready)})",
            "see the end of its log below; mend the service or raise `within`",
            detail=container.last_log(_LOG_LINES),
        )


def require_not_failed(container: Container) -> None:
    """Raise NotReadyError when a service without a probe has ended with an error already."""
    code = container.failure()
    if code is not None:
        raise NotReadyError(
            container.where,
            f"it ended at once with exit code {code}",
            "see the end of its log below; mend its command",
            detail=container.last_log(_LOG_LINES),
        )


def _describe(ready: Readiness) -> str:
    if ready.http:
        return f"http {ready.http}"
    if ready.tcp:
        return f"tcp {ready.tcp}"
    return f"command {ready.command}" if ready.command else f"log {ready.log}"


def _wait_inside(container: Container, ready: Readiness) -> bool:
    if ready.http:
        script, argument = _HTTP, ready.http
    elif ready.tcp:
        script, argument = _TCP, f"{ready.tcp:04X}"
    else:
        script, argument = _COMMAND, ready.command or "true"
    try:
        answer = container.processes.run(
            ["/bin/sh", "-c", script, "sh", argument], timeout_seconds=ready.within
        )
    except SandboxError as error:
        raise _died(container, error) from error
    if answer.exit_code not in {0, None}:
        container.processes.require_running()
    return answer.exit_code == 0


def _died(container: Container, error: SandboxError) -> SandboxStartError:
    kind = NotReadyError if isinstance(error, SandboxLost) else SandboxStartError
    return kind(
        container.where,
        f"it ended before it was ready ({error.what})",
        "see the end of its log below",
        detail=container.last_log(_LOG_LINES),
    )


def _wait_log(container: Container, pattern: str, seconds: float) -> bool:
    wanted = re.compile(pattern)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if wanted.search(container.last_log(1000)):
            return True
        try:
            container.processes.require_running()
        except SandboxError as error:
            raise _died(container, error) from error
        time.sleep(0.1)
    return False
