"""What goes into a sandbox before the agent does: files, secrets, and the setup script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from harness.content.folders import TaskFolder
from harness.errors import ContentError, SandboxStartError
from harness.protocols import Sandbox, SandboxOrder, Upload
from harness.schema.task import FileCopy

_LAST_LINES = 15
# The sandbox outlives the agent's time by what setup, collection and closing may take.
_AROUND_SECONDS = 900.0


def order_for(
    folder: TaskFolder,
    secrets: Mapping[str, str],
    images: Mapping[str, str],
    *,
    run: str,
    sample: str,
    wall_seconds: float,
) -> SandboxOrder:
    """The sandbox that a sample needs; `images` are ids by service."""
    uploads, env = _placements(folder, secrets)
    return SandboxOrder(
        environment=folder.environment.environment,
        images=images,
        run=run,
        sample=sample,
        lease_seconds=wall_seconds + _AROUND_SECONDS,
        uploads=uploads,
        env=env,
    )


def _placements(
    folder: TaskFolder, secrets: Mapping[str, str]
) -> tuple[dict[str, list[Upload]], dict[str, dict[str, str]]]:
    """Files by service, and environment variables by service."""
    environment = folder.environment.environment
    uploads: dict[str, list[Upload]] = defaultdict(list)
    env: dict[str, dict[str, str]] = defaultdict(dict)
    for copy in folder.task.files:
        service = copy.service or environment.agent_service
        owner = copy.owner or environment.services[service].user or "root"
        uploads[service] += _copies(folder.path, copy, owner)
    for name, slot in folder.task.secrets.items():
        for place in slot.place:
            text = place.text.replace("{secret}", secrets[name])
            if place.file:
                upload = Upload(place.file, text.encode(), place.owner, place.mode)
                uploads[place.service].append(upload)
            elif place.env:
                env[place.service][place.env] = text.strip()
    return uploads, env


def _copies(root: Path, copy: FileCopy, owner: str) -> list[Upload]:
    """One upload for a file, or one for each file of a folder."""
    source = root / copy.source
    if source.is_file():
        mode = copy.mode if copy.mode is not None else source.stat().st_mode & 0o755
        return [Upload(copy.path, source.read_bytes(), owner, mode)]
    return [
        Upload(
            f"{copy.path.rstrip('/')}/{file.relative_to(source).as_posix()}",
            file.read_bytes(),
            owner,
            copy.mode if copy.mode is not None else file.stat().st_mode & 0o755,
        )
        for file in sorted(source.rglob("*"))
        if file.is_file()
    ]


def run_setup(folder: TaskFolder, secrets: Mapping[str, str], sandbox: Sandbox) -> None:
    """Run the task's setup script, with its secrets in the environment, and leave no copy of it.

    Raises SandboxStartError with the script's last lines when it fails.
    """
    setup = folder.task.setup
    if setup is None:
        return
    service = setup.service or sandbox.agent_service
    places = folder.environment.environment.services[service].places or ("/",)
    path = f"{places[-1].rstrip('/')}/setup-by-harness"
    try:
        script = (folder.path / setup.script).read_bytes()
    except OSError as error:
        raise ContentError(
            f"{folder.path / 'task.toml'}: setup.script", f"cannot be read ({error})", "mend it"
        ) from error
    if not script.startswith(b"#!"):
        script = b"#!/bin/sh\n" + script
    sandbox.write(path, script, service=service, owner=setup.user, mode=0o700)
    env = {f"SECRET_{name.upper().replace('-', '_')}": value for name, value in secrets.items()}
    result = sandbox.exec(
        [path],
        service=service,
        user=setup.user,
        cwd="/",
        env=env,
        timeout_seconds=setup.timeout,
    )
    # Root without capabilities removes nothing from a folder of the service's user.
    removals = (
        sandbox.exec(["/bin/rm", "-f", path], service=service, user=user) for user in ("root", None)
    )
    if all(removal.exit_code != 0 for removal in removals):
        raise SandboxStartError(
            f"setup of {folder.id}",
            f"{path} cannot be removed again",
            "make a folder of root's writable in environment.toml, such as /srv",
        )
    if result.exit_code != 0:
        how = "timed out" if result.timed_out else f"ended with exit code {result.exit_code}"
        lines = (result.stdout + result.stderr).decode("utf-8", "replace").splitlines()
        raise SandboxStartError(
            f"setup of {folder.id}",
            f"{setup.script} {how}",
            "mend it; its last lines are below",
            detail="\n".join(lines[-_LAST_LINES:]),
        )
