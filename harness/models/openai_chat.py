"""Models over the Chat Completions API, by the official SDK. The only owner of the SDK.

The SDK is imported inside functions: it takes a second or two. Its own retries are off (retry.py
owns retrying). The key is read from the environment and never put into a message.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from harness.errors import Cancelled, HarnessError, StopSample, UsageError
from harness.messages import Reply
from harness.models.chat_stream import read_chat
from harness.models.chat_wire import request_body
from harness.models.credentials import check_key
from harness.models.failures import (
    FULL_WINDOW,
    NO_QUOTA,
    CallFailed,
    expect_stream,
    one_line,
    retry_after_seconds,
)
from harness.models.retry import RetryPolicy, call_with_retries

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    import openai

    from harness.messages import Message, Settings, ToolSpec
    from harness.models.stream import Answer
    from harness.models.target import Target

_KEY = "OPENAI_API_KEY"
# The SDK wants a key; many servers of one's own want none.
_NO_KEY = "none"
_READ_SECONDS = 600.0
_CONNECT_SECONDS = 15.0

# OpenAI's newer models refuse `max_tokens`; other servers may pass over its successor in silence.
_NEW_LENGTH_HOSTS = (".openai.com", ".azure.com")

# An error inside a stream comes with status 200; these are the statuses of the same kinds.
_STATUS_OF_KIND = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "tokens": 429,
    "requests": 429,
    NO_QUOTA: 429,
    "overloaded_error": 529,
    FULL_WINDOW: 400,
}
# How servers without the code say it: vLLM and Ollama in words, llama.cpp as a type.
_FULL_WINDOW_SIGNS = (
    "maximum context length",
    "context length exceeded",
    "exceeds the available context size",
    "exceed_context_size_error",
)


class ChatModel:
    """One model behind a Chat Completions API, for any number of samples and threads at once."""

    def __init__(
        self,
        target: Target,
        *,
        cancelled: threading.Event | None = None,
        retries: RetryPolicy | None = None,
    ) -> None:
        """Open a client.

        The target's address may be any server that speaks Chat Completions. When `cancelled` is
        set, calls end with Cancelled at the next chunk of their stream, or at once if they wait.
        Raises UsageError when no key is set and no address is given.
        """
        self.name = target.name
        self.context_tokens = target.context_tokens
        self._target = target
        self._cancelled = cancelled
        self._retries = retries or RetryPolicy()
        self._client = open_client(target)
        host = "." + (self._client.base_url.host or "")
        new = host.endswith(_NEW_LENGTH_HOSTS)
        self._length_name = "max_completion_tokens" if new else "max_tokens"

    def generate(
        self,
        messages: Sequence[Message],
        *,
        system: str = "",
        tools: Sequence[ToolSpec] = (),
        settings: Settings | None = None,
    ) -> Reply:
        """One answer, after as many tries as the policy allows.

        `seconds` of the reply is the whole call, `waited_seconds` the part of it that failed
        tries and waits took; `usd` is None when the server counts no tokens. Raises ModelError
        when no answer can be had, UsageError for settings that the protocol does not have,
        Cancelled when the run is being stopped.
        """
        body = request_body(
            messages,
            system=system,
            tools=tools,
            settings=settings or self._target.settings,
            length_name=self._length_name,
        )
        outcome = call_with_retries(
            lambda: self._try({"model": self._target.id, **body}),
            where=f"model {self.name}",
            credentials=self._target.api_key_env or _KEY,
            policy=self._retries,
            cancelled=self._cancelled,
        )
        answer, counted, request_id = outcome.value
        answered = answer.model or self._target.id
        return Reply(
            message=answer.message,
            stop_reason=answer.stop_reason,
            usage=answer.usage,
            usd=self._target.cost_usd(answered, answer.usage) if counted else None,
            model=answered,
            request_id=request_id,
            seconds=outcome.seconds,
            waited_seconds=outcome.waited_seconds,
            retries=outcome.retries,
        )

    def close(self) -> None:
        """Close the connections; the model is of no use afterwards."""
        self._client.close()

    def _try(self, request: dict[str, Any]) -> tuple[Answer, bool, str | None]:
        try:
            with self._client.chat.completions.create(stream=True, **request) as stream:
                headers = stream.response.headers
                request_id = headers.get("x-request-id")
                expect_stream(headers.get("content-type", ""), request_id)
                answer, counted = read_chat(self._chunks(stream), where=f"model {self.name}")
        except (HarnessError, StopSample, CallFailed):
            raise
        except Exception as error:  # noqa: BLE001 - _failure sorts them
            # `from None`: the SDK's own error may quote a header, and with it the key.
            raise _failure(error) from None
        return answer, counted, request_id

    def _chunks(self, stream: openai.Stream[Any]) -> Iterator[dict[str, Any]]:
        for chunk in stream:
            if self._cancelled is not None and self._cancelled.is_set():
                raise Cancelled("interrupted")
            # The SDK gives what is no object as it came.
            yield chunk.to_dict(warnings=False) if hasattr(chunk, "to_dict") else chunk


def open_client(target: Target) -> openai.OpenAI:
    """The SDK's own client, without its retries.

    The key is that of the variable which the model's file names, else of OPENAI_API_KEY; a server
    with an address of its own is asked without one. Raises UsageError.
    """
    import openai

    where = f"model {target.provider}"
    key = target.key() or os.environ.get(_KEY) or (_NO_KEY if target.address else None)
    if key is None:
        remedy = f"export {_KEY}, or give the base_url of a server that needs none"
        raise UsageError(where, "no key for OpenAI's API is set", remedy)
    check_key(where, key, target.api_key_env or _KEY)
    try:
        return openai.OpenAI(
            api_key=key,
            base_url=target.address,
            max_retries=0,
            timeout=openai.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
        )
    except (ValueError, openai.OpenAIError) as error:
        remedy = f"set {_KEY} and base_url; docs/models.md lists what each provider needs"
        raise UsageError(where, one_line(str(error)), remedy) from error


def _failure(error: Exception) -> Exception:
    """An exception of the SDK as a failed try; what is not the provider's stays what it is."""
    import openai

    if isinstance(error, openai.APIConnectionError):
        cause = type(error.__cause__).__name__ if error.__cause__ else "no cause known"
        return CallFailed(f"{error.message} ({cause})")
    if isinstance(error, openai.APIError):
        return _api_failure(error)
    if isinstance(error, ValueError):
        return CallFailed(f"the stream is not readable ({type(error).__name__})")
    if isinstance(error, openai.OpenAIError):
        return CallFailed(str(error), kind="credentials", retryable=False)
    return error


def _api_failure(error: openai.APIError) -> CallFailed:
    """An error that the API sent, with a status or inside a stream."""
    response = getattr(error, "response", None)
    headers = {} if response is None else response.headers
    kind = _kind(error)
    # Some servers put the status into an error's code.
    said = error.code or ""
    code = int(said) if said.isdigit() else 0
    status = getattr(error, "status_code", None) or _STATUS_OF_KIND.get(kind) or code or 500
    final = kind == NO_QUOTA or headers.get("x-should-retry") == "false"
    return CallFailed(
        _message(error),
        status=status,
        kind=kind,
        request_id=headers.get("x-request-id"),
        retry_after_seconds=retry_after_seconds(headers),
        retryable=False if final else None,
    )


def _kind(error: openai.APIError) -> str:
    """The API's code, which says more than its type, where it is a word."""
    told = f"{error.type} {error.message}".lower()
    if error.code == FULL_WINDOW or any(sign in told for sign in _FULL_WINDOW_SIGNS):
        return FULL_WINDOW
    code = error.code or ""
    return code if code and not code.isdigit() else str(error.type or "")


def _message(error: openai.APIError) -> str:
    """What the API says, without the SDK's head and the JSON around it."""
    body = error.body
    said = body.get("message") if isinstance(body, dict) else None
    return said if isinstance(said, str) and said else error.message
