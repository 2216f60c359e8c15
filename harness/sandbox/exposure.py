"""What of a live sandbox can be read from outside the walls that hide a secret.

By the agent: its files, names of files, processes, its own container as the engine describes it.
By whoever asks the engine: images with their history, labels. Nothing is changed but that
commands run in the agent's service, as the agent's user.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import SandboxError
from harness.protocols import ExecResult
from harness.sandbox.engine import engine_errors
from harness.sandbox.machines import DockerSandbox

_NAMES = r"find / \( -path /proc -o -path /sys \) -prune -o -printf '%p\n%l\n' 2>/dev/null; true"
_PROCESSES = (
    'for each in /proc/[0-9]*; do cat "$each/cmdline" "$each/environ"; done 2>/dev/null; true'
)
# Every regular file that can be read, with each match as "path NUL match". Links at the top lead
# to folders that are visited anyway.
_SEARCH = """
set --
for each in /* /.[!.]*; do
  case $each in /proc|/sys) continue;; esac
  if [ -e "$each" ] && [ ! -L "$each" ]; then set -- "$@" "$each"; fi
done
LC_ALL=C exec grep --recursive --devices=skip --text --only-matching --with-filename --null \
  --no-messages --fixed-strings --file=- -- "$@"
"""
# 2 is also for folders that the agent may not read.
_GREP_WORKED = {0, 1, 2}
_MOST_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class Exposed:
    """Bytes that can be read, and where they stand."""

    where: str
    data: bytes


def engine_view(sandbox: DockerSandbox) -> Iterator[Exposed]:
    """What the engine tells: of every service its image and labels, of the agent's everything."""
    api: Any = sandbox.engine.api
    for name, container in sandbox.containers.items():
        with engine_errors(container.where):
            image = api.inspect_image(container.image)
            # What a step was run with is part of the history, also of the last one.
            last_step = image.pop("ContainerConfig", None)
            steps = [*api.history(container.image), last_step]
            inspected = api.inspect_container(container.id)
        yield Exposed(f"image of {name}", _json(image))
        yield Exposed(f"image history of {name}", _json(steps))
        yield Exposed(f"labels of {name}", _json(inspected["Config"]["Labels"]))
        if name == sandbox.agent_service:
            yield Exposed(f"container of {name}", _json(inspected))
            with engine_errors(container.where):
                processes = api.top(container.id, "axww -o pid,args")
            yield Exposed("process list", _json(processes))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def agent_view(sandbox: DockerSandbox, seconds: float) -> Iterator[Exposed]:
    """What the agent's user sees of processes and names of files in its service.

    Raises SandboxError when it takes longer than `seconds`, gives too much, or cannot be done.
    """
    for where, script in (("/proc", _PROCESSES), ("names of files", _NAMES)):
        result = _as_agent(sandbox, script, b"", seconds)
        if not result.stdout:
            raise _without_tool("GNU find and cat", result)
        yield Exposed(where, result.stdout)


def search_files(
    sandbox: DockerSandbox, shapes: Sequence[bytes], seconds: float
) -> Iterator[Exposed]:
    """Each file that the agent's user can read in its service and that holds one of `shapes`.

    The data is what was found, not the whole file. /proc and /sys are left out. Raises
    SandboxError when it takes longer than `seconds`, or cannot be done (it needs GNU grep).
    """
    result = _as_agent(sandbox, _SEARCH, b"\n".join(shapes), seconds)
    if result.stderr or result.exit_code not in _GREP_WORKED:
        raise _without_tool("GNU grep", result)
    for row in result.stdout.splitlines():
        path, _, match = row.partition(b"\0")
        yield Exposed(f"file {path.decode('utf-8', 'replace')}", match)


def _without_tool(tool: str, result: ExecResult) -> SandboxError:
    said = result.stderr.decode("utf-8", "replace").strip() or f"exit code {result.exit_code}"
    return SandboxError(
        "search for secrets",
        f"it failed in the agent's service ({said.splitlines()[0]})",
        f"see that the agent's image has {tool}",
    )


def _as_agent(sandbox: DockerSandbox, script: str, stdin: bytes, seconds: float) -> ExecResult:
    result = sandbox.exec(
        ["/bin/sh", "-c", script], stdin=stdin, timeout_seconds=seconds, max_bytes=_MOST_BYTES
    )
    if result.timed_out or result.truncated_bytes:
        what = f"took over {seconds:.0f} s" if result.timed_out else "gave too much"
        raise SandboxError("search for secrets", what, "allow more time, or look at less")
    return result
