"""Images addressed by the digest of their content: what is unchanged is never built again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.errors import APIError, ImageNotFound

from harness.errors import ContentError, HarnessError, ImageBuildError
from harness.sandbox import bootstrap
from harness.sandbox.building import run_build
from harness.sandbox.context import Context, load_context
from harness.sandbox.engine import Engine, engine_errors
from harness.sandbox.lease import OWNER
from harness.sandbox.locks import locked, no_images_held

CONTENT = "harness.content"
OURS = "harness/"


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
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def resolve(self, reference: str) -> str:
        """The id of an image by name: one of ours (built when needed), a local one, or pulled.

        Raises ImageBuildError.
        """
        with self._lock:
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
        with locked(f"build-{digest[:16]}"):
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
        self._building.append(name)
        try:
            return self.context(folder), {}
        finally:
            self._building.pop()

    def context(self, folder: Path) -> Context:
        """A folder's build context, its FROM lines pinned to ids. Raises as `build` does."""
        found = load_context(folder)
        return found.with_bases({base: self.resolve(base) for base in found.bases})

    def _build(self, context: Context, tag: str, digest: str, arguments: Mapping[str, str]) -> str:
        self.say(f"building {tag}")
        return run_build(context, f"image {tag}", arguments, tag=tag, labels={CONTENT: digest})

    def listing(self) -> list[dict[str, Any]]:
        """Every image of ours on the engine: tags, id, bytes, digest of content.

        Those of a single sample, which its sandbox removes, are left out.
        """
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
            if OWNER not in row["Labels"]
        ]

    def prune(self, keep: set[str], *, dry_run: bool = False) -> list[dict[str, Any]]:
        """Remove images of ours whose id is not in `keep` and that nothing uses.

        Raises UsageError while another process holds them.
        """
        if dry_run:
            return [row for row in self.listing() if row["id"] not in keep]
        with no_images_held():
            return [row for row in self.listing() if row["id"] not in keep and self._remove(row)]

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
