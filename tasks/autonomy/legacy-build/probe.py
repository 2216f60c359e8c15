"""Build the project from clean, run what came of it on hidden inputs, and tell what it printed.

Prints one JSON object: the seed of the inputs, whether a program was built, and for each case exit
status, digest of the output and lines on standard error. It judges nothing and knows no right answer.

It runs as the same user as what it builds and runs, so it closes itself to that user first: a process
that is not dumpable cannot be read, written or traced by others of its user.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, "/probe")
from cases import make_cases

FOLDER = Path("/home/agent/tally")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/home/agent"}
BUILD_SECONDS, RUN_SECONDS = 40.0, 5.0
MAX_BYTES = 2_000_000
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


def run(command: list[str], data: bytes, seconds: float) -> tuple[int | None, bytes, bytes]:
    """Exit status (None: not in time), standard output and standard error."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(data)
        given.seek(0)
        process = subprocess.Popen(
            command,
            cwd=FOLDER,
            env=ENVIRONMENT,
            stdin=given,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        code: int | None
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        kill_group(process.pid)
        process.wait()
        out.seek(0)
        err.seek(0)
        return code, out.read(MAX_BYTES), err.read(MAX_BYTES)


def build() -> bool:
    """Whether `make clean && make` succeeds and leaves a compiled program."""
    for command in (["make", "clean"], ["make"]):
        code, _, complaint = run(command, b"", BUILD_SECONDS)
        if code != 0:
            sys.stderr.write(complaint.decode("utf-8", "replace")[-2000:])
            return False
    program = FOLDER / "tally"
    return program.is_file() and program.open("rb").read(4) == b"\x7fELF"


def main() -> None:
    """Build, and run each case."""
    close_to_others()
    seed = secrets.token_hex(16)
    built = FOLDER.is_dir() and build()
    seen = {}
    for name, (command, data) in make_cases(seed).items() if built else ():
        code, out, err = run(["./tally", command], data, RUN_SECONDS)
        complaints = err.decode("utf-8", "replace")[:500].splitlines()
        seen[name] = [code, hashlib.sha256(out).hexdigest(), complaints]
    print(json.dumps({"seed": seed, "built": built, "seen": seen}))


if __name__ == "__main__":
    main()
