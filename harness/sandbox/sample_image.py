"""An image built for one sample, with its secrets in it; nothing of it stays.

Every layer that can hold a secret carries the sample's labels and a mark of its own, set by a
LABEL step before the first step that takes a secret. So no later step is ever found in the cache
by another build, and all of them are found again: at the end by their mark, and after a hard stop
by their owner.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from docker.errors import APIError

from harness.errors import ImageBuildError, SandboxError
from harness.forms import redact
from harness.sandbox.building import run_build
from harness.sandbox.context import Context
from harness.sandbox.engine import Engine, engine_errors
from harness.sandbox.images import Images
from harness.schema.dockerfile import with_labels
from harness.secrets import SecretBuild

MARK = "harness.build"


@contextmanager
def open_sample_image(
    images: Images, build: SecretBuild, where: str, labels: Mapping[str, str]
) -> Iterator[str]:
    """The id of an image with secrets in it; it and its layers are gone after the `with`.

    Raises ImageBuildError, in whose texts no secret stands, and SandboxError when it stays.
    """
    mark = secrets.token_hex(8)
    context = _prepared(images.context(build.folder), build, {**labels, MARK: mark})
    try:
        yield _built(context, where, build)
    finally:
        _remove(images.engine, where, mark)


def _prepared(context: Context, build: SecretBuild, labels: Mapping[str, str]) -> Context:
    """The context with its placeholders replaced and its labels set."""
    files = dict(context.files)
    for path, values in build.replacements.items():
        mode, data = files[path]
        for placeholder, value in values.items():
            data = data.replace(placeholder.encode(), value.encode())
        files[path] = (mode, data)
    dockerfile = with_labels(
        context.dockerfile, labels, arguments=build.arguments, paths=build.replacements
    )
    return dataclasses.replace(context, dockerfile=dockerfile, files=files)


def _built(context: Context, where: str, build: SecretBuild) -> str:
    try:
        return run_build(context, where, build.arguments)
    except ImageBuildError as error:
        texts = (error.where, error.what, error.remedy)
        raise ImageBuildError(
            *(redact(text, build.secrets) for text in texts),
            detail=redact(error.detail, build.secrets),
        ) from None


def _remove(engine: Engine, where: str, mark: str) -> None:
    """Remove all layers of a build; a last one takes those that it stands on with it."""
    label = {"label": f"{MARK}={mark}"}
    before: list[str] = []
    with engine_errors(where):
        while left := [row["Id"] for row in engine.api.images(filters=label, all=True)]:
            if left == before:
                raise SandboxError(
                    where,
                    f"its image {left[0][7:19]} holds secrets and cannot be removed",
                    "see what uses it (docker ps -a), then run `harness clean`",
                )
            for each in left:
                # Not removed while a container or another layer needs it, or removed already.
                with suppress(APIError):
                    engine.api.remove_image(each, force=True)
            before = left
