"""Trying again: which waits, how long, and what it cost. The only owner of tenacity."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import tenacity

from harness.errors import Cancelled
from harness.models.failures import CallFailed

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long. All waits are seconds; `sleep` replaces the real waiting in tests.

    A wait doubles from `first_wait` to `longest_wait`; the API's own retry-after takes its place.
    Up to `jitter` is added, so that many samples do not come back in one instant. The call fails
    for good after `tries` tries, or when the next wait would bring the waiting above `total_wait`.
    """

    tries: int = 10
    first_wait: float = 1.0
    longest_wait: float = 60.0
    jitter: float = 1.0
    total_wait: float = 900.0
    sleep: Callable[[float], None] | None = None


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What came of a call.

    `seconds` is the whole call, `waited_seconds` the part of it that went into failed tries and
    waits; `retries` has one line for each failed try.
    """

    value: T
    seconds: float
    waited_seconds: float
    retries: tuple[str, ...]


@dataclass
class _Ledger:
    waited_seconds: float = 0.0
    retries: list[str] = field(default_factory=list)
    tries: int = 0
    started: float = 0.0


def call_with_retries(
    attempt: Callable[[], T],
    *,
    where: str,
    credentials: str,
    policy: RetryPolicy,
    cancelled: threading.Event | None = None,
) -> Outcome[T]:
    """Call `attempt` until it returns, fails for good, or `cancelled` is set.

    `attempt` raises CallFailed; `where` and `credentials` go into the final message.
    Raises ModelError, and Cancelled when `cancelled` is set before a try or during a wait.
    """
    ledger = _Ledger()
    stop = threading.Event() if cancelled is None else cancelled

    def try_once() -> T:
        if stop.is_set():
            raise Cancelled("interrupted")
        ledger.tries += 1
        ledger.started = time.monotonic()
        return attempt()

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass),
        wait=_wait(policy),
        stop=_stop(policy),
        sleep=_sleep(policy, stop),
        before_sleep=lambda state: _note(state, ledger),
        reraise=True,
    )
    try:
        value = retrying(try_once)
    except CallFailed as failure:
        raise failure.as_model_error(
            where, credentials=credentials, tries=_tries(failure, ledger, policy)
        ) from None
    seconds = ledger.waited_seconds + time.monotonic() - ledger.started
    return Outcome(value, seconds, ledger.waited_seconds, tuple(ledger.retries))


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, CallFailed) and error.retryable


def _wait(policy: RetryPolicy) -> Callable[[tenacity.RetryCallState], float]:
    backoff = tenacity.wait_exponential(multiplier=policy.first_wait, max=policy.longest_wait)
    jitter = tenacity.wait_random(0, policy.jitter)

    def seconds(state: tenacity.RetryCallState) -> float:
        failure = _failure(state)
        asked = failure.retry_after_seconds if failure is not None else None
        return (asked or backoff(state)) + jitter(state)

    return seconds


def _stop(policy: RetryPolicy) -> Callable[[tenacity.RetryCallState], bool]:
    def done(state: tenacity.RetryCallState) -> bool:
        return (
            state.attempt_number >= policy.tries
            or state.idle_for + state.upcoming_sleep > policy.total_wait
        )

    return done


def _sleep(policy: RetryPolicy, stop: threading.Event) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        if policy.sleep is not None:
            policy.sleep(seconds)
        elif seconds > 0:
            stop.wait(seconds)
        if stop.is_set():
            raise Cancelled("interrupted")

    return wait


def _note(state: tenacity.RetryCallState, ledger: _Ledger) -> None:
    spent = time.monotonic() - ledger.started
    ledger.waited_seconds += spent + state.upcoming_sleep
    ledger.retries.append(
        f"try {state.attempt_number}: {_failure(state)}; waited {state.upcoming_sleep:.1f} s"
    )


def _failure(state: tenacity.RetryCallState) -> CallFailed | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, CallFailed) else None


def _tries(failure: CallFailed, ledger: _Ledger, policy: RetryPolicy) -> str:
    if not failure.retryable:
        return ""
    asked = failure.retry_after_seconds
    if asked is not None and asked > policy.total_wait:
        return f", and it asks to wait {asked:.0f} s"
    tries = "1 try" if ledger.tries == 1 else f"{ledger.tries} tries"
    return f", after {tries} and {ledger.waited_seconds:.0f} s of waiting"
