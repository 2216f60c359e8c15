"""Run the agent's program on hidden batches, and tell what it wrote.

Prints one JSON object: the seed of the batches, and for each its output as text (null when there
was none). It judges nothing and knows no right answer: the grader makes the batches again.

It runs as the same user as the program, so it closes itself to that user first: a process that is
not dumpable cannot be read, written or traced by others of its user.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, "/probe")
from feed import Batch, Layout, make_batch, write_batch

PROGRAM = ("/usr/bin/python3", "/home/agent/etl.py")
BATCHES = {"plain": (400, "\n"), "quoted": (300, "\r\n"), "empty": (0, "\n"), "large": (6000, "\n")}
SECONDS = 20.0
MAX_BYTES = 20_000
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36


def close_to_others() -> None:
    """Take this process out of reach of its user's other processes, and adopt its orphans."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_CHILD_SUBREAPER, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def kill_group(pid: int) -> None:
    """End a program and all that it left in its group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def output_of(batch: Batch, folder: Path) -> str | None:
    """What the program writes for a batch; None when it fails, hangs or writes nothing usable."""
    write_batch(batch, folder / "in")
    report = folder / "report.json"
    process = subprocess.Popen(
        (*PROGRAM, str(folder / "in"), str(report)),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/home/agent"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        code = None
    kill_group(process.pid)
    process.wait()
    if code != 0 or report.is_symlink() or not report.is_file():
        return None
    if report.stat().st_size > MAX_BYTES:
        return None
    return report.read_text("utf-8", "replace")


def main() -> None:
    """Run the program on each batch."""
    close_to_others()
    layout = Layout(**json.loads(Path("/srv/feed/layout.json").read_text("utf-8")))
    seed = secrets.token_hex(16)
    outputs = {}
    for name, (lines, ends) in BATCHES.items():
        with tempfile.TemporaryDirectory() as folder:
            batch = make_batch(layout, f"{name} {seed}", lines, ends)
            outputs[name] = output_of(batch, Path(folder))
    print(json.dumps({"seed": seed, "outputs": outputs}))


if __name__ == "__main__":
    main()
