"""One build on the engine: what it prints, how it fails, the image it gives."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from urllib3.exceptions import ReadTimeoutError

from harness.errors import EngineUnavailable, ImageBuildError
from harness.sandbox import bootstrap
from harness.sandbox.context import Context
from harness.sandbox.engine import BUILD_SECONDS, connect, engine_errors

_LAST_LINES = 15
# What the engine says of a step that is gone: to COPY, to RUN, to whoever stands on it.
_VANISHED = (
    "failed to get destination image",
    "failed to get digest",
    "No such image",
    "unknown parent image",
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def run_build(
    context: Context,
    where: str,
    arguments: Mapping[str, str],
    *,
    tag: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Build a context; the image's id. `where` is how errors call it.

    A build is tried once more when a cached step vanished under it: whoever removes another image
    at that moment takes steps that both share with it. Raises ImageBuildError.
    """
    options: dict[str, Any] = {
        "buildargs": {**arguments, **bootstrap.proxy_arguments()},
        "labels": dict(labels or {}),
        "tag": tag,
    }
    try:
        return _build(context, where, options)
    except ImageBuildError as error:
        if not any(sign in error.what for sign in _VANISHED):
            raise
    return _build(context, where, options)


def _build(context: Context, where: str, options: Mapping[str, Any]) -> str:
    log = _BuildLog(where)
    engine = connect(build=True)
    try:
        with engine_errors(where):
            for record in engine.api.build(
                fileobj=context.tar(),
                custom_context=True,
                rm=True,
                forcerm=True,
                decode=True,
                timeout=BUILD_SECONDS,
                **options,
            ):
                log.take(record)
    except EngineUnavailable as error:
        if isinstance(error.__cause__, ReadTimeoutError):
            raise log.failure(f"it printed nothing for {BUILD_SECONDS} s") from error
        raise
    finally:
        engine.client.close()
    if not log.image:
        raise log.failure("the build ended without an image")
    return log.image


class _BuildLog:
    """What a build prints: its last lines, the Dockerfile step that they belong to, the image."""

    def __init__(self, where: str) -> None:
        self.image = ""
        self._where = where
        self._step = "before its first step"
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)

    def take(self, record: Mapping[str, Any]) -> None:
        """One record of the engine's stream. Raises ImageBuildError when it reports a failure."""
        text = _COLOURS.sub("", str(record.get("stream") or record.get("error") or "")).rstrip()
        if re.match(r"Step \d+/\d+ :", text):
            self._step = text
        elif text:
            self._lines.extend(text.splitlines())
        self.image = (record.get("aux") or {}).get("ID", self.image)
        if "error" in record:
            raise self.failure(str(record["error"]))

    def failure(self, what: str) -> ImageBuildError:
        """The error that names the step, with the last lines as its detail."""
        step = re.sub(r"\s+", " ", self._step)[:160]
        return ImageBuildError(
            self._where,
            f"the build failed at {step!r}: {what.splitlines()[0][:200]}",
            "mend that step of the Dockerfile; its last lines are below",
            detail="\n".join(self._lines),
        )
