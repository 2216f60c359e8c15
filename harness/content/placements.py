"""Where a task puts its secrets, checked against the environment's files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.errors import ContentError
from harness.schema.dockerfile import declared_arguments
from harness.schema.environment import Environment
from harness.schema.task import Placement, Task, secret_mark

_ANY_MARK = re.compile(r"\{secret:([^{}]*)\}")


def placement_faults(
    file: Path, task: Task, environment: Environment, folder: Path
) -> Iterator[ContentError]:
    """What is wrong with placements in services that exist; `folder` is the environment's.

    `file` is the task.toml, which the faults are told of.
    """
    taken: dict[tuple[str, str, str], str] = {}
    for name, slot in task.secrets.items():
        for place in slot.place:
            if place.service not in environment.services:
                continue
            where = f"{file}: secrets.{name}.place.{place.kind}"
            yield from _fault(where, name, place, environment, folder)
            target = (place.service, place.kind, str(getattr(place, place.kind)))
            if taken.setdefault(target, name) != name and place.kind not in {"replace", "run"}:
                yield ContentError(
                    where, f"secrets.{taken[target]} goes to the same place", "choose another"
                )
    yield from _unreplaced(file, task, environment, folder)


def _fault(
    where: str, name: str, place: Placement, environment: Environment, folder: Path
) -> Iterator[ContentError]:
    if place.env and place.service == environment.agent_service:
        yield ContentError(
            where,
            "puts a secret into the environment of the agent's own service",
            "use a file with an owner and a mode that the agent cannot read",
        )
    if not place.build_arg and not place.replace:
        return
    build = environment.services[place.service].build
    if build is None:
        yield ContentError(
            where,
            f"needs an image built for the sample, and {place.service} names a ready image",
            f'give services.{place.service} a "build" folder, or use a file',
        )
    elif place.build_arg:
        yield from _undeclared(where, place.build_arg, folder / build / "Dockerfile")
    elif place.replace:
        yield from _without_mark(where, name, place.replace, folder / build)


def _undeclared(where: str, argument: str, dockerfile: Path) -> Iterator[ContentError]:
    if argument not in declared_arguments(_text(dockerfile)):
        yield ContentError(
            where,
            f"{dockerfile} declares no {argument!r} in any stage",
            f'add "ARG {argument}" before the step that uses it',
        )


def _without_mark(where: str, name: str, path: str, build: Path) -> Iterator[ContentError]:
    mark = secret_mark(name)
    if path == "Dockerfile":
        yield ContentError(
            where, "the Dockerfile is no place for a secret", "use build_arg, or another file"
        )
    elif not (build / path).is_file():
        yield ContentError(where, f"{build / path} does not exist", "add the file")
    elif mark not in _text(build / path):
        yield ContentError(
            where, f"{build / path} does not contain {mark!r}", "write that where the secret goes"
        )


def _unreplaced(
    file: Path, task: Task, environment: Environment, folder: Path
) -> Iterator[ContentError]:
    """Marks that stay as they are in files where others are replaced."""
    replaced: dict[Path, set[str]] = {}
    for name, slot in task.secrets.items():
        for place in slot.place:
            service = environment.services.get(place.service)
            if place.replace and service is not None and service.build is not None:
                replaced.setdefault(folder / service.build / place.replace, set()).add(name)
    for path, names in replaced.items():
        for name in sorted(set(_ANY_MARK.findall(_text(path))) - names):
            known = name in task.secrets
            yield ContentError(
                f"{file}: secrets",
                f"{path} contains {secret_mark(name)!r}, and "
                + ("that is not replaced there" if known else f"there is no secret {name!r}"),
                f"add a place with replace to secrets.{name}"
                if known
                else f"its secrets are {', '.join(task.secrets)}",
            )


def _text(path: Path) -> str:
    """A file's bytes, one character for each; nothing when it cannot be read."""
    try:
        return path.read_bytes().decode("latin-1")
    except OSError:
        return ""
