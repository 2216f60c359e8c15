"""A failed call to a model's API: what it was, whether trying again can help, what to do."""

from __future__ import annotations

import email.utils
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from harness.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

_RETRYABLE = frozenset({408, 409, 429})
_SERVER_ERRORS = range(500, 600)
_LONGEST_MESSAGE = 600

FULL_WINDOW = "context_length_exceeded"
"""The kind of a failure whose request does not fit the model's window."""
NO_QUOTA = "insufficient_quota"
"""The kind of a 429 that no waiting mends: the account has nothing left to spend."""

_SETTINGS = "see what the message names; docs/models.md lists the settings that each model accepts"
_REMEDIES = {
    400: _SETTINGS,
    402: "check the account's billing",
    403: "check what the key's workspace may use",
    404: "check the model's id; harness list models shows known ones",
    413: "lower what one command may print, or the task's steps: the conversation is too large",
    422: _SETTINGS,
    429: "lower --jobs, or ask for a higher rate limit",
    529: "the provider is overloaded: try later, or lower --jobs",
}
_KIND_REMEDIES = {
    FULL_WINDOW: "tell the server's window as context_tokens in a model file, so that old tool "
    "output is dropped in time, or lower max_tokens",
    NO_QUOTA: _REMEDIES[402],
}


class CallFailed(Exception):  # noqa: N818 - an event of one try, not yet an error
    """One try failed.

    `status` is the HTTP status, or the one that an error inside a stream stands for; None when no
    answer came. `message` is the API's own. `retry_after_seconds` is what the API asked for.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        kind: str = "",
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        """Take what the API said; `retryable` replaces what follows from `status`."""
        super().__init__(message)
        self.message = one_line(message)
        self.status = status
        self.kind = kind
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds
        self.retryable = is_retryable(status) if retryable is None else retryable

    def __str__(self) -> str:
        head = " ".join(str(part) for part in (self.status, self.kind) if part)
        text = f"{head}: {self.message}" if head else self.message
        return f"{text} (request {self.request_id})" if self.request_id else text

    def as_model_error(self, where: str, *, credentials: str, tries: str = "") -> ModelError:
        """The error a person reads. `credentials` names the variables that hold the key."""
        remedy = self._remedy(credentials)
        return ModelError(where, f"{self}{tries}", remedy)

    def _remedy(self, credentials: str) -> str:
        if self.status == HTTPStatus.UNAUTHORIZED or self.kind == "credentials":
            return f"check {credentials}"
        if self.kind in _KIND_REMEDIES:
            return _KIND_REMEDIES[self.kind]
        if self.status is None:
            return "check the network, a proxy and base_url"
        if self.status in _REMEDIES:
            return _REMEDIES[self.status]
        if self.status in _SERVER_ERRORS or self.status in _RETRYABLE:
            return "try later; the provider's status page tells more"
        return _SETTINGS


def is_retryable(status: int | None) -> bool:
    """Whether a failure of this HTTP status may pass by itself; None is a lost connection."""
    return status is None or status in _RETRYABLE or status in _SERVER_ERRORS


def expect_stream(content_type: str, request_id: str | None) -> None:
    """Raises CallFailed, for good, when an answer is no stream of events."""
    if content_type.startswith(("text/event-stream", "application/vnd.amazon.eventstream")):
        return
    message = f"the answer is no stream of events, but {content_type or 'of no type'}"
    raise CallFailed(message, request_id=request_id, retryable=False)


def retry_after_seconds(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Seconds that the API asks to wait, from `retry-after-ms` or `retry-after`, else None.

    `retry-after` holds seconds or an HTTP date. `now` is seconds since the epoch.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    date = email.utils.parsedate_tz(headers.get("retry-after", ""))
    if date is None:
        return None
    return max(0.0, email.utils.mktime_tz(date) - (time.time() if now is None else now))


def one_line(text: str) -> str:
    """The text on one line, at most 600 characters of it."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_MESSAGE else f"{flat[:_LONGEST_MESSAGE]}..."
