"""Run the old and the new program on hidden inputs in turn, and tell outputs and times.

Prints one JSON object: for each input, what the old and the new program printed (as a digest, null when it
failed), and for the large ones the best time of each, in seconds by the clock. The clock, and not the time of
the processor: a program can hide work in processes that nobody waits for, but not from the clock. Both take
turns, and the best of some rounds counts, so that a busy machine slows both.

It runs as the same user as the new program, so it closes itself to that user first: a process that is not
dumpable cannot be read, written or traced by others of its user. Between two runs nothing else of the user's lives.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, "/probe")
from transfers import draw_transfers

# The old one sees nothing of the user's own: a startup file there could slow it.
PROGRAMS = {"old": ("-I", "/srv/report/report.py"), "new": ("/home/agent/report.py",)}
AWKWARD = {"nothing": (0, 1), "one account": (3, 1), "few": (12, 4)}
LARGE, ROUNDS = (1600, 60), 3
SECONDS = 30.0
MAX_BYTES = 200_000
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36


def close_to_others() -> None:
    """Take this process out of reach of its user's other processes, and adopt its orphans."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_CHILD_SUBREAPER, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def end_all_others() -> None:
    """Kill whatever the user has running but this process."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def run(program: tuple[str, ...], data: bytes) -> tuple[str | None, float]:
    """The digest of what a program prints (None: it failed), and its seconds."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out:
        given.write(data)
        given.seek(0)
        began = time.monotonic()
        process = subprocess.Popen(
            ["/usr/bin/python3", *program],
            cwd="/home/agent",
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/home/agent"},
            stdin=given,
            stdout=out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        code: int | None
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        took = time.monotonic() - began
        end_all_others()
        out.seek(0)
        printed = out.read(MAX_BYTES)
        return (hashlib.sha256(printed).hexdigest() if code == 0 else None), took


def main() -> None:
    """All inputs; the large ones are another in each round."""
    close_to_others()
    if not Path(*PROGRAMS["new"]).is_file():
        print(json.dumps({"outputs": {}, "seconds": {}}))
        return
    seed = secrets.token_hex(16)
    rounds = {**AWKWARD, **{f"large {number}": LARGE for number in range(ROUNDS)}}
    outputs: dict[str, dict[str, str | None]] = {}
    seconds: dict[str, list[float]] = {"old": [], "new": []}
    for name, (count, accounts) in rounds.items():
        data = draw_transfers(f"{seed} {name}", count, accounts).encode()
        outputs[name] = {}
        for which, program in PROGRAMS.items():
            outputs[name][which], took = run(program, data)
            if name.startswith("large"):
                seconds[which].append(took)
    best = {which: min(times) for which, times in seconds.items()}
    print(json.dumps({"outputs": outputs, "seconds": best}))


if __name__ == "__main__":
    main()
