"""What one bash tool call costs beyond the command's own time.

The command reports its own start and end by the shell's clock; the rest is ours.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from pathlib import Path

from overhead import find_service

from harness.cli.common import docker_sandboxes
from harness.content.roots import find_roots
from harness.orders import SandboxOrder
from harness.protocols import Workbench
from harness.schema.environment import Environment
from harness.tools.bash import Bash, BashArgs

CALLS = 200
# The command's own time, printed in microseconds by the shell itself.
COMMAND = "a=$EPOCHREALTIME; /bin/true; b=$EPOCHREALTIME; echo $((${b/./} - ${a/./}))"


def main() -> None:
    """Print the median and the 95th percentile."""
    sandboxes = docker_sandboxes(find_roots(), lambda _text: None)
    environment = Environment.model_validate(
        {
            "schema": 1,
            "title": "one workstation",
            "agent_service": "workstation",
            "services": {"workstation": find_service().model_dump(exclude={"ready", "memory"})},
        }
    )
    images = {"workstation": sandboxes.image_store.resolve("harness/workstation")}
    order = SandboxOrder(environment, images, "bench", "tool-call", 600, {}, {})
    with sandboxes.open(order) as sandbox, tempfile.TemporaryDirectory() as folder:
        bench = Workbench(sandbox, lambda: 60.0, Path(folder))
        tool = Bash()
        beyond = []
        for _ in range(CALLS):
            started = time.perf_counter()
            result = tool.call(BashArgs(command=COMMAND), bench)
            whole = time.perf_counter() - started
            own = int(re.findall(r"\d+", result.content)[-1]) / 1e6
            beyond.append((whole - own) * 1000)
        tool.close()
    beyond = sorted(beyond[1:])
    print(f"{CALLS} bash tool calls, milliseconds beyond the command's own time")
    print(f"  median {statistics.median(beyond):6.2f}   (wanted: <= 5)")
    print(f"  p95    {beyond[int(len(beyond) * 0.95)]:6.2f}")


if __name__ == "__main__":
    main()
