"""How every sandbox freezes and gives up its end state (see sandbox_conformance).

Each check uses its sandbox up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import SandboxError
from harness.evidence import Evidence, load_evidence
from harness.protocols import Sandbox
from harness.schema.task import Collect, Task
from harness.testing.sandbox_checks_exec import beat, new_folder, require_heartbeat
from harness.testing.sandbox_needs import HELPER_SAYS, HOME, needs, raised

_TASK = Task.model_validate(
    {
        "schema": 1,
        "title": "A check",
        "environment": "conformance",
        "grader": {"type": "script"},
        "metadata": {"domain": "safety"},
    }
)


def _collected(
    sandbox: Sandbox,
    attempt: Path,
    spec: Mapping[str, Any],
    uploads: Mapping[str, bytes] | None = None,
) -> Evidence:
    """Freeze, collect, and read the evidence back as a grader gets it."""
    sandbox.freeze()
    folder = attempt / "evidence"
    sandbox.collect(Collect.model_validate(spec), uploads or {}, folder)
    (folder / "submission.json").write_text(json.dumps({"answer": None}))
    return load_evidence(attempt, _TASK, sandbox.agent_service, {})


def check_freeze(sandbox: Sandbox, _: Path) -> None:
    """After freezing the agent's processes stand still and no command runs; others go on."""
    sandbox.exec(["sh", "-c", f"setsid sh -c '{beat('beat')}' >/dev/null 2>&1 &"])
    require_heartbeat(sandbox, "beat", alive=True)
    sandbox.freeze()
    sandbox.freeze()
    require_heartbeat(sandbox, "beat", alive=False)
    assert isinstance(raised(lambda: sandbox.exec(["true"])), SandboxError)
    assert sandbox.exec(["echo", "awake"], service="helper").stdout == b"awake\n"


def check_files_are_collected(sandbox: Sandbox, tmp_path: Path) -> None:
    """Files, folders and symlinks come as what they are, of any service."""
    folder = new_folder(sandbox)
    sandbox.write(f"{HOME}/{folder}/deep/data", b"\0\xff", mode=0o640)
    sandbox.exec(["ln", "-s", "/etc/passwd", f"{folder}/link"])
    sandbox.write("/tmp/note", b"of the helper", service="helper")  # noqa: S108 - of the sandbox
    files = [f"{HOME}/{folder}", f"{HOME}/{folder}/link", "helper:/tmp/note"]
    evidence = _collected(sandbox, tmp_path, {"files": files})
    found = evidence.files
    assert found[f"{HOME}/{folder}"].kind == "directory"
    assert found[f"{HOME}/{folder}/deep/data"].data == b"\0\xff"
    assert found[f"{HOME}/{folder}/deep/data"].mode & 0o777 == 0o640
    link = found[f"{HOME}/{folder}/link"]
    assert (link.kind, link.target, link.data) == ("symlink", "/etc/passwd", b"")
    assert evidence.text("helper:/tmp/note") == "of the helper"
    assert evidence.cut == {}


def check_what_is_not_collected_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    """What is missing, too large, or behind a symlinked folder is left out with a reason."""
    folder = f"{HOME}/{new_folder(sandbox)}"
    sandbox.write(f"{folder}/small", b"1")
    sandbox.write(f"{folder}/large", b"x" * 2000)
    sandbox.exec(["ln", "-s", "/etc", "door"], cwd=folder)
    names = [f"{folder}/{name}" for name in ("missing", "large", "door/passwd", "small")]
    evidence = _collected(sandbox, tmp_path, {"files": names, "max_bytes": "1k"})
    assert set(evidence.files) == {f"{folder}/small"}
    missing, large, behind = (evidence.cut[name] for name in names[:3])
    assert "no such file" in missing
    assert "2000 bytes" in large
    assert "symlink" in behind


def check_commands_see_the_frozen_state(sandbox: Sandbox, tmp_path: Path) -> None:
    """Collected commands see the agent's files, none of its processes, and their own uploads."""
    folder = new_folder(sandbox)
    sandbox.exec(["sh", "-c", f"setsid sh -c '{beat(f'{folder}/beat')}' >/dev/null 2>&1 &"])
    require_heartbeat(sandbox, f"{folder}/beat", alive=True)
    sandbox.write(f"{HOME}/{folder}/state", b"as it was\n")
    check = f"cat {folder}/state; sh {folder}/probe.sh; wc -c < {folder}/beat; sleep 0.5; wc -c < {folder}/beat"
    commands = [
        {"name": "look", "run": check, "files": {f"{HOME}/{folder}/probe.sh": "probe.sh"}},
        {"name": "fails", "run": "echo no >&2; exit 3"},
        {"name": "hangs", "run": "echo begun; sleep 60", "timeout": "1s"},
        {"name": "live", "run": "echo from the helper", "service": "helper"},
    ]
    uploads = {"probe.sh": b"echo probed\n"}
    evidence = _collected(sandbox, tmp_path, {"commands": commands}, uploads)
    assert [probe.name for probe in evidence.probes] == ["look", "fails", "hangs", "live"]
    look, fails, hangs, live = evidence.probes
    state, probed, before, after = look.stdout.splitlines()
    assert (state, probed) == ("as it was", "probed")
    assert int(before) == int(after) > 0
    assert (fails.exit_code, fails.stderr) == (3, "no\n")
    assert (hangs.exit_code, hangs.timed_out, hangs.stdout) == (None, True, "begun\n")
    assert live.stdout == "from the helper\n"


@needs("users")
def check_command_user(sandbox: Sandbox, tmp_path: Path) -> None:
    """A collected command runs as root unless it names another user."""
    commands = [
        {"name": "usual", "run": "id -un"},
        {"name": "named", "run": "id -un", "user": sandbox.agent_user},
    ]
    usual, named = _collected(sandbox, tmp_path, {"commands": commands}).probes
    assert usual.stdout == "root\n"
    assert named.stdout == f"{sandbox.agent_user}\n"


def check_logs_are_collected(sandbox: Sandbox, tmp_path: Path) -> None:
    """What a service printed is evidence."""
    evidence = _collected(sandbox, tmp_path, {})
    assert HELPER_SAYS in evidence.logs["helper"]
    assert evidence.probes == []
