"""Images addressed by the digest of their content: what is unchanged is never built again."""

from __future__ import annotations

import fcntl
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.errors import APIError, ImageNotFound
from urllib3.exceptions import ReadTimeoutError

from harness.errors import ContentError, EngineUnavailable, HarnessError, ImageBuildError
from harness.sandbox import bootstrap
from harness.sandbox.context import Context, load_context
from harness.sandbox.engine import BUILD_SECONDS, Engine, connect, engine_errors

CONTENT = "harness.content"
OURS = "harness/"
_LAST_LINES = 15
_VANISHED = "failed to get destination image"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def cache_folder() -> Path:
    """Where locks between harness processes stand."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(home) / "agent-eval-harness"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _locked(name: str) -> Iterator[None]:
    """Hold a lock that threads and processes of this machine share."""
    with (cache_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass
class Images:
    """Builds and finds images on one engine.

    `own` maps the names of our images ("harness/base") to their folders; `say` takes one line of
    progress at a time.
    """

    engine: Engine
    own: Mapping[str, Path]
    say: Callable[[str], None]
    _known: dict[str, str] = field(default_factory=dict)
    _building: list[str] = field(default_factory=list)

    def resolve(self, reference: str) -> str:
        """The id of an image by name: one of ours (built when needed), a local one, or pulled.

        Raises ImageBuildError.
        """
        if reference not in self._known:
            self._known[reference] = self._find(reference)
        return self._known[reference]

    def _find(self, reference: str) -> str:
        if reference in self.own:
            return self.build(self.own[reference], reference)
        if found := self.engine.image_id(reference):
            return found
        if reference.startswith(OURS):
            known = ", ".join(sorted(self.own)) or "none"
            raise ImageBuildError(f"image {reference}", "there is no such image", f"known: {known}")
        if reference == bootstrap.PULLED:
            return bootstrap.ensure_debian(self.engine, self.say)
        return self._pull(reference)

    def _pull(self, reference: str) -> str:
        self.say(f"pulling {reference}")
        try:
            with engine_errors(f"image {reference}"):
                return str(self.engine.client.images.pull(reference).id)
        except HarnessError as error:
            raise ImageBuildError(
                f"image {reference}",
                "the engine does not have it and cannot pull it",
                "load it by hand (docker load), or build the service from a Dockerfile",
            ) from error

    def build(self, folder: Path, name: str) -> str:
        """The id of the image that `folder` makes, tagged `name`:digest; built only when new.

        Raises ContentError or ImageBuildError.
        """
        context, arguments = self._inputs(folder, name)
        digest = context.digest(arguments)
        tag = _tag(name, digest)
        if found := self.engine.image_id(tag):
            return found
        with _locked(f"build-{digest[:16]}"):
            if found := self.engine.image_id(tag):
                return found
            return self._build(context, tag, digest, arguments)

    def existing(self, folder: Path, name: str) -> str | None:
        """The id that `build` would give, when nothing has to be built for it; else None.

        Raises ContentError.
        """
        if self._needs_building(folder, name, ()):
            return None
        context, arguments = self._inputs(folder, name)
        return self.engine.image_id(_tag(name, context.digest(arguments)))

    def _needs_building(self, folder: Path, name: str, above: tuple[str, ...]) -> bool:
        """Whether an image that this one stands on is missing, or stands on itself."""
        if name in above:
            return True
        if _is_ground(name):
            local = (bootstrap.PULLED, bootstrap.BOOTSTRAPPED)
            return not any(self.engine.image_id(each) for each in local)
        return any(
            self._needs_building(self.own[base], base, (*above, name))
            or self.existing(self.own[base], base) is None
            if base in self.own
            else self.engine.image_id(base) is None
            for base in load_context(folder).bases
        )

    def _inputs(self, folder: Path, name: str) -> tuple[Context, dict[str, str]]:
        """The context with its FROM lines pinned, and the build arguments."""
        if name in self._building:
            chain = " -> ".join([*self._building, name])
            raise ContentError(
                str(folder / "Dockerfile"), f"stands on itself ({chain})", "mend FROM"
            )
        if _is_ground(name):
            machine = {
                "machine/sources.list": bootstrap.sources_list(),
                "machine/ca-certificates.crt": bootstrap.ca_bundle(),
            }
            arguments = {"BASE": bootstrap.ensure_debian(self.engine, self.say)}
            return load_context(folder, machine), arguments
        context = load_context(folder)
        self._building.append(name)
        try:
            return context.with_bases({base: self.resolve(base) for base in context.bases}), {}
        finally:
            self._building.pop()

    def _build(self, context: Context, tag: str, digest: str, arguments: Mapping[str, str]) -> str:
        """Build, and once more when a cached step vanished under the build.

        Whoever removes another image at that moment takes steps that both share with it.
        """
        self.say(f"building {tag}")
        for last in (False, True):
            try:
                self._build_once(context, tag, digest, arguments)
                break
            except ImageBuildError as error:
                if last or _VANISHED not in error.what:
                    raise
        found = self.engine.image_id(tag)
        if found is None:
            raise _BuildLog(tag).failure("the build ended without an image")
        return found

    def _build_once(
        self, context: Context, tag: str, digest: str, arguments: Mapping[str, str]
    ) -> None:
        log = _BuildLog(tag)
        engine = connect(build=True)
        try:
            with engine_errors(f"image {tag}"):
                for record in engine.api.build(
                    fileobj=context.tar(),
                    custom_context=True,
                    tag=tag,
                    buildargs={**arguments, **bootstrap.proxy_arguments()},
                    labels={CONTENT: digest},
                    rm=True,
                    forcerm=True,
                    decode=True,
                    timeout=BUILD_SECONDS,
                ):
                    log.take(record)
        except EngineUnavailable as error:
            if isinstance(error.__cause__, ReadTimeoutError):
                raise log.failure(f"it printed nothing for {BUILD_SECONDS} s") from error
            raise
        finally:
            engine.client.close()

    def listing(self) -> list[dict[str, Any]]:
        """Every image of ours on the engine: tags, id, bytes, digest of content."""
        with engine_errors("images"):
            rows = self.engine.api.images(filters={"label": CONTENT})
        return [
            {
                "tags": [tag for tag in row["RepoTags"] or [] if tag != "<none>:<none>"],
                "id": row["Id"],
                "bytes": row["Size"],
                "content": row["Labels"][CONTENT],
            }
            for row in rows
        ]

    def prune(self, keep: set[str], *, dry_run: bool = False) -> list[dict[str, Any]]:
        """Remove images of ours whose id is not in `keep` and that nothing uses."""
        removed = []
        for row in self.listing():
            if row["id"] in keep:
                continue
            if not dry_run and not self._remove(row):
                continue
            removed.append(row)
        return removed

    def _remove(self, row: Mapping[str, Any]) -> bool:
        """Whether all names of an image could be removed (not so while something uses it)."""
        try:
            for name in row["tags"] or [row["id"]]:
                self.engine.api.remove_image(name)
        except ImageNotFound:
            return True
        except APIError:
            return False
        return True


def _tag(name: str, digest: str) -> str:
    return f"{name}:{digest[:16]}"


def _is_ground(name: str) -> bool:
    """Whether this is the image that all others of ours stand on."""
    return name == f"{OURS}base"


class _BuildLog:
    """What a build prints: its last lines, and the Dockerfile step that they belong to."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._step = "before its first step"
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)

    def take(self, record: Mapping[str, Any]) -> None:
        """One record of the engine's stream. Raises ImageBuildError when it reports a failure."""
        text = _COLOURS.sub("", str(record.get("stream") or record.get("error") or "")).rstrip()
        if re.match(r"Step \d+/\d+ :", text):
            self._step = text
        elif text:
            self._lines.extend(text.splitlines())
        if "error" in record:
            raise self.failure(str(record["error"]))

    def failure(self, what: str) -> ImageBuildError:
        """The error that names the step, with the last lines as its detail."""
        step = re.sub(r"\s+", " ", self._step)[:160]
        return ImageBuildError(
            f"image {self._tag}",
            f"the build failed at {step!r}: {what.splitlines()[0][:200]}",
            "mend that step of the Dockerfile; its last lines are below",
            detail="\n".join(self._lines),
        )
