"""Locks that the harness processes of one user on one machine share: files in the cache folder."""

from __future__ import annotations

import fcntl
import functools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.errors import UsageError

_IMAGES = "images-in-use"


def _take(name: str, how: int) -> int:
    """The descriptor of a lock's file, held. Raises BlockingIOError when `how` says not to wait."""
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        path = Path(home) / "agent-eval-harness" / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how)
        except BaseException:
            os.close(descriptor)
            raise
    except BlockingIOError:
        raise
    except (OSError, RuntimeError) as error:
        raise UsageError(
            "the cache folder",
            f"a lock cannot be taken ({error})",
            "set XDG_CACHE_HOME to a folder that can be written and locked",
        ) from error
    return descriptor


@contextmanager
def _lock(name: str, how: int) -> Iterator[None]:
    descriptor = _take(name, how)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock that threads and processes take in turn. Raises UsageError."""
    with _lock(name, fcntl.LOCK_EX):
        yield


@functools.cache
def hold_images() -> int:
    """Let nothing prune images until this process ends; a run calls it first. Raises UsageError.

    Between two samples nothing on the engine shows that an image is still needed. The lock is
    never given back by hand: so it also ends with a process that is killed.
    """
    return _take(_IMAGES, fcntl.LOCK_SH)


@contextmanager
def no_images_held() -> Iterator[None]:
    """Keep runs from beginning while images are removed. Raises UsageError when one is going on."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_lock(_IMAGES, fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError as error:
            what = "a harness on this machine is using them"
            raise UsageError("images", what, "prune when it has ended") from error
        yield
