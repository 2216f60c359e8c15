"""Claude over the official SDK: Anthropic's API, Bedrock and Vertex. The only owner of the SDK.

The SDK is imported inside functions: it takes a second or two. Its own retries are off (retry.py
owns retrying) and so is its tracing. The key is read from the environment by the SDK's clients
and never put into a message.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from harness.errors import Cancelled, HarnessError, StopSample, UsageError
from harness.messages import Reply, Settings
from harness.models.credentials import check_key
from harness.models.failures import CallFailed, expect_stream, one_line, retry_after_seconds
from harness.models.retry import RetryPolicy, call_with_retries
from harness.models.stream import read_answer
from harness.models.wire import request_body

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    import anthropic

    from harness.messages import Message, ToolSpec
    from harness.models.stream import Answer
    from harness.models.target import Target

_CREDENTIALS = {
    "anthropic": "ANTHROPIC_API_KEY",
    "bedrock": "AWS_REGION, and AWS_BEARER_TOKEN_BEDROCK or AWS_ACCESS_KEY_ID with "
    "AWS_SECRET_ACCESS_KEY",
    "vertex": "CLOUD_ML_REGION, ANTHROPIC_VERTEX_PROJECT_ID and GOOGLE_APPLICATION_CREDENTIALS",
}

_READ_SECONDS = 600.0
_CONNECT_SECONDS = 15.0

# The API's version of October 2026, which the SDK asks for, refuses `temperature` from every
# model. Only a call that wants it falls back to the version before, which older models accept.
_OLD_VERSION: dict[str, dict[str, Any]] = {
    "anthropic": {"extra_headers": {"anthropic-version": "2023-06-01"}},
    "bedrock": {"extra_body": {"anthropic_version": "bedrock-2023-05-31"}},
    "vertex": {"extra_body": {"anthropic_version": "vertex-2023-10-16"}},
}

# An error inside a stream comes with status 200; these are the statuses of the same kinds.
_STATUS_OF_KIND = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_SPEND_LIMITS = frozenset({"contract_spend_limit_reached", "enforced_spend_limit_reached"})
_CREDENTIAL_PACKAGES = frozenset({"google", "botocore", "boto3"})


class ClaudeModel:
    """One Claude model, for any number of samples and threads at once."""

    def __init__(
        self,
        target: Target,
        *,
        cancelled: threading.Event | None = None,
        retries: RetryPolicy | None = None,
    ) -> None:
        """Open a client.

        The target's address may be any server that speaks the Messages API. When `cancelled` is
        set, calls end with Cancelled at the next event of their stream, or at once if they wait.
        Raises UsageError when the SDK has no credentials.
        """
        self.name = target.name
        self.context_tokens = target.context_tokens
        self._target = target
        self._cancelled = cancelled
        self._retries = retries or RetryPolicy()
        self._client = open_client(target)

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
        tries and waits took. Raises ModelError when no answer can be had, UsageError for
        settings that contradict each other, Cancelled when the run is being stopped.
        """
        chosen = settings or self._target.settings
        body = request_body(messages, system=system, tools=tools, settings=chosen)
        request = {"model": self._target.id, **body, **self._extras(chosen)}
        outcome = call_with_retries(
            lambda: self._try(request),
            where=f"model {self.name}",
            credentials=credentials_of(self._target),
            policy=self._retries,
            cancelled=self._cancelled,
        )
        answer, request_id = outcome.value
        return Reply(
            message=answer.message,
            stop_reason=answer.stop_reason,
            usage=answer.usage,
            usd=self._target.cost_usd(answer.model, answer.usage),
            model=answer.model,
            request_id=request_id,
            seconds=outcome.seconds,
            waited_seconds=outcome.waited_seconds,
            retries=outcome.retries,
        )

    def close(self) -> None:
        """Close the connections; the model is of no use afterwards."""
        self._client.close()

    def _extras(self, settings: Settings) -> dict[str, Any]:
        if settings.temperature is None:
            return {}
        old = _OLD_VERSION[self._target.provider]
        body = {**old.get("extra_body", {}), "temperature": settings.temperature}
        return {**old, "extra_body": body}

    def _try(self, request: dict[str, Any]) -> tuple[Answer, str | None]:
        try:
            with self._client.messages.create(stream=True, **request) as stream:
                headers = stream.response.headers
                request_id = headers.get("request-id") or headers.get("x-amzn-requestid")
                expect_stream(headers.get("content-type", ""), request_id)
                answer = read_answer(self._events(stream), where=f"model {self.name}")
        except (HarnessError, StopSample, CallFailed):
            raise
        except Exception as error:  # noqa: BLE001 - _failure sorts them
            # `from None`: the SDK's own error may quote a header, and with it the key.
            raise self._failure(error) from None
        return answer, request_id

    def _events(self, stream: anthropic.Stream[Any]) -> Iterator[dict[str, Any]]:
        for event in stream:
            if self._cancelled is not None and self._cancelled.is_set():
                raise Cancelled("interrupted")
            yield event.to_dict(warnings=False)

    def _failure(self, error: Exception) -> Exception:
        import anthropic
        import httpx2

        if isinstance(error, anthropic.APIStatusError):
            return _status_failure(error)
        if isinstance(error, anthropic.APIConnectionError):
            cause = type(error.__cause__).__name__ if error.__cause__ else "no cause known"
            return CallFailed(f"{error.message} ({cause})")
        if isinstance(error, httpx2.TransportError):
            return CallFailed(f"the stream was cut ({type(error).__name__})")
        if isinstance(error, ValueError) and _is_decoding(error):
            return CallFailed(f"the stream is not readable ({type(error).__name__})")
        if isinstance(error, anthropic.AnthropicError) or self._from_credentials(error):
            return CallFailed(str(error), kind="credentials", retryable=False)
        return error

    def _from_credentials(self, error: Exception) -> bool:
        package = type(error).__module__.partition(".")[0]
        # The clouds' clients raise a bare RuntimeError when they find no token to sign with.
        bare = self._target.provider != "anthropic" and type(error) is RuntimeError
        return bare or package in _CREDENTIAL_PACKAGES


def credentials_of(target: Target) -> str:
    """The variables that hold the credentials, as a person is told to set them."""
    return target.api_key_env or _CREDENTIALS[target.provider]


def open_client(target: Target) -> Any:
    """The SDK's own client of a provider, without its retries and its tracing.

    Raises UsageError when the SDK finds no credentials, or lacks a region or an extra.
    """
    import anthropic

    options: dict[str, Any] = {
        "base_url": target.base_url,
        "max_retries": 0,
        "timeout": anthropic.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
        "open_telemetry": False,
    }
    if key := target.key():
        options["api_key"] = key
    clients = {
        "anthropic": anthropic.Anthropic,
        "bedrock": anthropic.AnthropicBedrock,
        "vertex": anthropic.AnthropicVertex,
    }
    try:
        client = clients[target.provider](**options)
    except (ValueError, anthropic.AnthropicError) as error:
        remedy = f"set {credentials_of(target)}; docs/models.md lists what each provider needs"
        raise UsageError(f"model {target.provider}", one_line(str(error)), remedy) from error
    if isinstance(client, anthropic.Anthropic):
        _require_key(client, target)
    return client


def _require_key(client: anthropic.Anthropic, target: Target) -> None:
    key = client.api_key or client.auth_token
    if key is None and client.credentials is None:
        raise UsageError(
            "model anthropic", "no key for Anthropic's API is set", "export ANTHROPIC_API_KEY"
        )
    if key is not None:
        check_key("model anthropic", key, credentials_of(target))


def _status_failure(error: anthropic.APIStatusError) -> CallFailed:
    kind = str(error.type or "")
    status = error.status_code
    if status < HTTPStatus.BAD_REQUEST:
        status = _STATUS_OF_KIND.get(kind, 500)
    headers = error.response.headers
    final = error.error_code in _SPEND_LIMITS or headers.get("x-should-retry") == "false"
    return CallFailed(
        error.api_message or error.message,
        status=status,
        kind=kind,
        request_id=error.request_id,
        retry_after_seconds=retry_after_seconds(headers),
        retryable=False if final else None,
    )


def _is_decoding(error: ValueError) -> bool:
    return isinstance(error, json.JSONDecodeError | UnicodeDecodeError)
