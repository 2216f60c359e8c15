"""What goes into a sandbox before the agent does: files, secrets, and the setup script.

No secret stands in the arguments of a command or in an image that outlives the sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from harness.content.folders import TaskFolder
from harness.errors import ContentError, NotReadyError
from harness.forms import redact
from harness.orders import SandboxOrder, Upload
from harness.protocols import ExecResult, Sandbox
from harness.schema.task import FileCopy, Placement, Setup, secret_mark
from harness.secrets import SecretBuild

_LAST_LINES = 15
# The sandbox outlives the agent's time by what setup, collection and closing may take.
_AROUND_SECONDS = 900.0
_PLACEMENT_SECONDS = 120.0
# The whole script is read before it runs, so that what it starts finds an empty standard input.
_FROM_INPUT = 'script=$(cat) && exec </dev/null && eval "$script"'


def order_for(
    folder: TaskFolder,
    secrets: Mapping[str, str],
    images: Mapping[str, str],
    *,
    run: str,
    sample: str,
    wall_seconds: float,
    capture_bytes: int = 0,
    variant: str = "default",
) -> SandboxOrder:
    """The sandbox that a sample needs; `images` are ids by service."""
    environment = folder.environment.environment
    scope = folder.scope(variant)
    uploads: dict[str, list[Upload]] = defaultdict(list)
    env: dict[str, dict[str, str]] = defaultdict(dict)
    for copy in folder.task.files:
        service = copy.service or environment.agent_service
        owner = copy.owner or environment.services[service].user or "root"
        uploads[service] += _copies(folder.path, copy, owner)
    for name, place in _placements(folder):
        text = place.text.replace("{secret}", secrets[name])
        if place.file:
            upload = Upload(place.file, text.encode(), place.owner, place.mode)
            uploads[place.service].append(upload)
        elif place.env:
            env[place.service][place.env] = text.strip()
    return SandboxOrder(
        environment=environment,
        images=images,
        run=run,
        sample=sample,
        lease_seconds=wall_seconds + _AROUND_SECONDS,
        uploads=uploads,
        env=env,
        builds=_builds(folder, secrets),
        outside=scope.outside,
        fence=scope.hosts if scope.inside == "refuse" else None,
        capture_bytes=capture_bytes,
    )


def _placements(folder: TaskFolder) -> Iterator[tuple[str, Placement]]:
    """Every placement with the name of its secret."""
    for name, slot in folder.task.secrets.items():
        for place in slot.place:
            yield name, place


def _builds(folder: TaskFolder, secrets: Mapping[str, str]) -> dict[str, SecretBuild]:
    """The images that are built for this sample alone, by service."""
    arguments: dict[str, dict[str, str]] = defaultdict(dict)
    replacements: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for name, place in _placements(folder):
        text = place.text.replace("{secret}", secrets[name]).strip()
        if place.build_arg:
            arguments[place.service][place.build_arg] = text
        elif place.replace:
            path = PurePosixPath(place.replace).as_posix()
            replacements[place.service][path][secret_mark(name)] = text
    services = folder.environment.environment.services
    return {
        name: SecretBuild(
            folder=folder.environment.path / str(services[name].build),
            arguments=arguments[name],
            replacements=replacements[name],
            secrets=secrets,
        )
        for name in {**arguments, **replacements}
    }


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
    """Run the placements' scripts, then the task's setup script. Raises NotReadyError."""
    for name, place in _placements(folder):
        if place.run:
            _run_placement(folder, name, place, secrets, sandbox)
    if folder.task.setup is not None:
        _run_script(folder, folder.task.setup, secrets, sandbox)


def _run_placement(
    folder: TaskFolder,
    name: str,
    place: Placement,
    secrets: Mapping[str, str],
    sandbox: Sandbox,
) -> None:
    """Run a placement's script, which goes over standard input: no list of processes shows it.

    What the script itself starts with the secret as an argument is seen in that service while it
    lasts; the agent has no process yet.
    """
    result = sandbox.exec(
        ["/bin/sh", "-c", _FROM_INPUT],
        service=place.service,
        user=place.owner,
        cwd="/",
        stdin=str(place.run).replace("{secret}", secrets[name]).encode(),
        timeout_seconds=_PLACEMENT_SECONDS,
    )
    what = f"secrets.{name}.place.run"
    _require_success(result, f"service {place.service} of {folder.id}", what, secrets)


def _run_script(
    folder: TaskFolder, setup: Setup, secrets: Mapping[str, str], sandbox: Sandbox
) -> None:
    """Run the setup script with all secrets in its environment, and leave no copy of it."""
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
        raise NotReadyError(
            f"setup of {folder.id}",
            f"{path} cannot be removed again",
            "make a folder of root's writable in environment.toml, such as /srv",
        )
    _require_success(result, f"setup of {folder.id}", setup.script, secrets)


def _require_success(result: ExecResult, where: str, what: str, secrets: Mapping[str, str]) -> None:
    """Raise NotReadyError with a command's last lines, secrets redacted, when it failed."""
    if result.exit_code == 0:
        return
    how = "timed out" if result.timed_out else f"ended with exit code {result.exit_code}"
    lines = (result.stdout + result.stderr).decode("utf-8", "replace").splitlines()
    raise NotReadyError(
        where,
        f"{what} {how}",
        "mend it; its last lines are below",
        detail=redact("\n".join(lines[-_LAST_LINES:]), secrets),
    )
