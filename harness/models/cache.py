"""Stored replies, for development: the same request is not paid for twice.

    <folder>/<two digits>/<digest of the request>.json

The digest covers all that decides a reply: provider, id, address, settings, system prompt,
messages, tools; then the sample's epoch, so that epochs stay independent samples, and how often
the sample has asked the very same before. A file that cannot be used is passed over, and said.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from harness.errors import UsageError
from harness.messages import Message, Reply, Settings, ToolSpec
from harness.schema.types import Closed

if TYPE_CHECKING:
    from harness.models.target import Target
    from harness.protocols import Model

NOTES = "generation cache"
"""The source of notes in a run's log about files of the cache that cannot be used."""


class _Stored(Closed):
    """One file. `digest` is its own name, so that a file in a wrong place is not believed."""

    schema_version: Literal[1] = 1
    digest: str
    reply: Reply


class GenerationCache:
    """A folder of replies, shared by all samples and threads, and by runs at the same time.

    `complain` gets one line for each file that cannot be used, and one, ever, for a folder that
    cannot be written.
    """

    def __init__(self, folder: Path, complain: Callable[[str], None]) -> None:
        """Take the folder; it is made when there is something to store."""
        self._folder = folder
        self._complain = complain
        self._unwritable = threading.Event()

    def find(self, digest: str) -> Reply | None:
        """The stored reply of a request, marked and free of charge, or None."""
        path = self._path(digest)
        try:
            # Not model_validate_json, which refuses the lone surrogates that models may send.
            stored = _Stored.model_validate(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._pass_over(path, _why(error))
            return None
        if stored.digest != digest:
            self._pass_over(path, "it holds the reply to another request")
            return None
        update = {"cached": True, "usd": 0.0, "seconds": 0.0, "waited_seconds": 0.0, "retries": ()}
        return stored.reply.model_copy(update=update)

    def keep(self, digest: str, reply: Reply) -> None:
        """Store a reply. A folder that cannot be written is said once and costs nothing else."""
        if self._unwritable.is_set():
            return
        path = self._path(digest)
        own = f"{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}"
        unfinished = path.with_name(f"{path.name}.{own}")
        # Only ASCII JSON can carry lone surrogates.
        text = json.dumps(_Stored(digest=digest, reply=reply).model_dump(mode="json"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(text)
            unfinished.replace(path)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            self._unwritable.set()
            self._complain(f"{path}: cannot be written ({_why(error)}); replies are not stored")

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.json"

    def _pass_over(self, path: Path, why: str) -> None:
        self._complain(f"{path}: cannot be used ({why}); the model is asked instead")


class CachedModel:
    """A model for one attempt at a sample, whose replies come from the cache where it has them."""

    def __init__(self, model: Model, cache: GenerationCache, target: Target, epoch: int) -> None:
        """Take the model, what it is asked as, and the sample's epoch."""
        self.name = model.name
        self.context_tokens = model.context_tokens
        self._model = model
        self._cache = cache
        self._target = target
        self._epoch = epoch
        self._asked: Counter[str] = Counter()

    def generate(
        self,
        messages: Sequence[Message],
        *,
        system: str = "",
        tools: Sequence[ToolSpec] = (),
        settings: Settings | None = None,
    ) -> Reply:
        """The stored reply to this request, else the model's, which is then stored."""
        request = {
            "provider": self._target.provider,
            "id": self._target.id,
            "address": self._target.address,
            "settings": (settings or self._target.settings).model_dump(mode="json"),
            "system": system,
            "messages": [message.model_dump(mode="json") for message in messages],
            "tools": [tool.model_dump(mode="json") for tool in tools],
            "epoch": self._epoch,
        }
        asked = _digest(request)
        self._asked[asked] += 1
        digest = _digest({"request": asked, "time": self._asked[asked]})
        if (stored := self._cache.find(digest)) is not None:
            return stored
        reply = self._model.generate(messages, system=system, tools=tools, settings=settings)
        self._cache.keep(digest, reply)
        return reply

    def close(self) -> None:
        """Close the model behind it, which other attempts may share."""
        self._model.close()


def check_cache_folder(folder: Path) -> None:
    """Raises UsageError when replies cannot be kept there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"cannot be made a folder ({_why(error)})"
        raise UsageError(f"--cache-generations {folder}", what, "name another folder") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(
            f"--cache-generations {folder}", "cannot be written", "mend its rights or name another"
        )


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return str(error.strerror or error)
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"])
    return f"it is no JSON: {type(error).__name__}"
