"""The main process of a host: takes the one key that may log in, runs sshd and the host's units.

In order: the task's `/srv/data/prepare.py`, where there is one, which finds its sample's secrets beside
it and makes what the host starts with; sshd; every unit; then it waits for words of `svc`.

A unit is a file `/srv/units/<name>.json`: `{"command": [...], "environment": {...}}` and, where it is not
to be started with the host, `"start": false`. Its output goes to `/srv/units/<name>.log`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

RUN = Path("/run/host")
UNITS = Path("/srv/units")
PREPARE = Path("/srv/data/prepare.py")
KEYS = Path("/home/ops/.ssh/authorized_keys")
ENROL_PORT = 2200
STOP_SECONDS = 5
TALK_SECONDS = 5
# Whoever hangs up, or says what is no text, ends the talk alone.
BROKEN_OFF = contextlib.suppress(OSError, ValueError)
KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/=]{68}\n")


class Units:
    """The processes of the units that run."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> str:
        """Start a unit as its file says now."""
        if self.status(name) == "running":
            return "runs already"
        unit = json.loads((UNITS / f"{name}.json").read_text())
        with (UNITS / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                unit["command"],
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": "/home/ops",
                    **unit.get("environment", {}),
                },
                cwd="/home/ops",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return "started"

    def stop(self, name: str) -> str:
        """End a unit: asked to first, then killed, with all of its group."""
        process = self._running.get(name)
        if process is None or process.poll() is not None:
            return "does not run"
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return "stopped"

    def restart(self, name: str) -> str:
        """Stop it where it runs, and start it."""
        self.stop(name)
        return self.start(name)

    def status(self, name: str) -> str:
        """running, stopped, or how it ended."""
        process = self._running.get(name)
        if process is None:
            return "stopped"
        code = process.poll()
        return "running" if code is None else f"ended with {code}"


def enrol(listener: socket.socket) -> None:
    """Take the first key that is handed over, and never another one."""
    while True:
        connection, _ = listener.accept()
        with BROKEN_OFF, connection, connection.makefile("rw") as stream:
            connection.settimeout(TALK_SECONDS)
            line = stream.readline(200)
            if not KEY.fullmatch(line):
                continue
            KEYS.write_text(line)
            KEYS.chmod(0o600)
            listener.close()
            stream.write("enrolled\n")
            return


def answer(units: Units, line: str) -> str:
    """Do what a line `<verb> <unit>` says."""
    verb, _, name = line.strip().partition(" ")
    known = sorted(path.stem for path in UNITS.glob("*.json"))
    if verb == "list":
        return "\n".join(f"{each}: {units.status(each)}" for each in known)
    if verb not in {"start", "stop", "restart", "status"} or name not in known:
        return "? svc list | start UNIT | stop UNIT | restart UNIT | status UNIT"
    try:
        return f"{name}: {getattr(units, verb)(name)}"
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"? {name}: {type(error).__name__}: {error}"


def serve(units: Units) -> None:
    """Answer `svc` for ever, one word after the other."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(RUN / "svc"))
        listener.listen(16)
        while True:
            connection, _ = listener.accept()
            with BROKEN_OFF, connection, connection.makefile("rw") as stream:
                connection.settimeout(TALK_SECONDS)
                stream.write(answer(units, stream.readline(200)) + "\n")


def main() -> None:
    """Make the host, and serve it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    if PREPARE.exists():
        subprocess.run([sys.executable, PREPARE], check=True, cwd=PREPARE.parent)
        PREPARE.unlink(missing_ok=True)
    key = str(RUN / "key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    listener = socket.create_server(("", ENROL_PORT))
    threading.Thread(target=enrol, args=(listener,), daemon=True).start()
    subprocess.Popen(["/usr/sbin/sshd", "-D", "-e"])
    units = Units()
    for path in sorted(UNITS.glob("*.json")):
        if json.loads(path.read_text()).get("start", True):
            units.start(path.stem)
    serve(units)


if __name__ == "__main__":
    main()
