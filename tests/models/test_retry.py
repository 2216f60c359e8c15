"""What is tried again, how long is waited, and what a final failure says."""

from __future__ import annotations

import socket
import threading
import time
from email.utils import formatdate
from typing import Any

import pytest

from harness.errors import Cancelled, ModelError
from harness.messages import user_message
from harness.models import anthropic_messages, open_model
from harness.models.failures import CallFailed, retry_after_seconds
from harness.models.retry import RetryPolicy, call_with_retries
from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, Fault, RawAnswer, text

HELLO = Answer([text("hello")])
GO = [user_message("go")]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(status: int, connect: Any, clock: Any) -> None:
    with connect([Fault(status, "some_error", "for now"), HELLO]) as (model, server):
        reply = model.generate(GO)
    assert len(server.requests) == 2
    assert clock.waits == [1.0]
    assert reply.retries == (f"try 1: {status} some_error: for now (request req_1); waited 1.0 s",)
    assert reply.request_id == "req_2"
    assert 1.0 <= reply.waited_seconds <= reply.seconds < 2.0


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "docs/models.md"),
        (401, "check ANTHROPIC_API_KEY"),
        (402, "billing"),
        (403, "workspace"),
        (404, "check the model's id"),
        (413, "too large"),
        (422, "docs/models.md"),
    ],
)
def test_what_cannot_pass_is_tried_once(status: int, remedy: str, connect: Any, clock: Any) -> None:
    fault = Fault(status, "some_error", "a reason\nin lines")
    with connect([fault]) as (model, server), pytest.raises(ModelError) as caught:
        model.generate(GO)
    assert len(server.requests) == 1
    assert clock.waits == []
    error = caught.value
    assert error.where == "model anthropic/claude-opus-4-5"
    assert error.what == f"{status} some_error: a reason in lines (request req_1)"
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "soon"}, 1.0),
    ],
)
def test_a_rate_limit_waits_as_long_as_the_api_asks(
    headers: dict[str, str], seconds: float, connect: Any, clock: Any
) -> None:
    with connect([Fault(429, "rate_limit_error", "slow", headers), HELLO]) as (model, _):
        reply = model.generate(GO)
    assert clock.waits == [seconds]
    assert reply.waited_seconds == pytest.approx(seconds, abs=0.9)


def test_retry_after_may_be_a_date() -> None:
    now = 1_800_000_000.0
    assert retry_after_seconds({"retry-after": formatdate(now + 30, usegmt=True)}, now=now) == 30.0
    assert retry_after_seconds({"retry-after": formatdate(now - 30, usegmt=True)}, now=now) == 0.0
    assert retry_after_seconds({}, now=now) is None


def test_waits_double_up_to_the_longest(connect: Any, clock: Any) -> None:
    policy = clock.policy(tries=6, longest_wait=5.0)
    fault = Fault(500, "api_error", "Internal server error")
    with (
        connect([fault] * 6, retries=policy) as (model, server),
        pytest.raises(ModelError) as caught,
    ):
        model.generate(GO)
    assert clock.waits == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert len(server.requests) == 6
    assert caught.value.what.endswith("(request req_6), after 6 tries and 17 s of waiting")


def test_a_wait_beyond_the_bound_is_not_begun(connect: Any, clock: Any) -> None:
    fault = Fault(429, "rate_limit_error", "slow down", {"retry-after": "86400"})
    with connect([fault]) as (model, server), pytest.raises(ModelError) as caught:
        model.generate(GO)
    assert len(server.requests) == 1
    assert clock.waits == []
    assert "asks to wait 86400 s" in caught.value.what
    assert "--jobs" in caught.value.remedy


def test_all_waiting_together_is_bounded(connect: Any, clock: Any) -> None:
    fault = Fault(429, "rate_limit_error", "slow down", {"retry-after": "40"})
    policy = clock.policy(total_wait=100.0)
    with connect([fault] * 9, retries=policy) as (model, _), pytest.raises(ModelError):
        model.generate(GO)
    assert clock.waits == [40.0, 40.0]


def test_a_spend_limit_does_not_pass_by_waiting(connect: Any) -> None:
    fault = Fault(429, "rate_limit_error", "limit", error_code="enforced_spend_limit_reached")
    with connect([fault]) as (model, server), pytest.raises(ModelError):
        model.generate(GO)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("cut", "kind", "reason"),
    [
        ("broken", "", "the stream was cut"),
        ("quiet", "", "the stream ended before the message did"),
        ("garbage", "", "the stream is not readable"),
        ("error", "overloaded_error", "529 overloaded_error: in mid-stream"),
        ("error", "api_error", "500 api_error: in mid-stream"),
        ("error", "rate_limit_error", "429 rate_limit_error: in mid-stream"),
    ],
)
def test_a_stream_that_breaks_is_asked_again(
    cut: Any, kind: str, reason: str, connect: Any
) -> None:
    half = Answer([text("half an answer")], cut_after=4, cut=cut, error_kind=kind)
    with connect([half, HELLO]) as (model, _):
        reply = model.generate(GO)
    assert reply.message.text == "hello"
    assert reason in reply.retries[0]


def test_a_stream_without_its_last_event_is_asked_again(connect: Any) -> None:
    almost = Answer([text("abc")], cut_after=8, cut="quiet")
    with connect([almost, HELLO]) as (model, _):
        assert model.generate(GO).message.text == "hello"


def test_an_answer_that_forbids_another_try_is_obeyed(connect: Any) -> None:
    fault = Fault(500, "api_error", "for good", {"x-should-retry": "false"})
    with connect([fault]) as (model, server), pytest.raises(ModelError, match="for good"):
        model.generate(GO)
    assert len(server.requests) == 1


def test_a_stream_that_ends_in_a_final_error_is_not_asked_again(connect: Any) -> None:
    half = Answer([text("half")], cut_after=4, cut="error", error_kind="invalid_request_error")
    with connect([half]) as (model, server), pytest.raises(ModelError, match="400 invalid_request"):
        model.generate(GO)
    assert len(server.requests) == 1


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_server_that_comes_up_later_is_reached() -> None:
    port = _free_port()
    opened: list[MessagesServer] = []

    def start(_: float) -> None:
        opened.append(MessagesServer([HELLO], port=port).__enter__())

    model: Any = open_model(
        "anthropic/claude-x",
        base_url=f"http://127.0.0.1:{port}",
        retries=RetryPolicy(sleep=start),
    )
    try:
        reply = model.generate(GO)
    finally:
        model.close()
        opened[0].__exit__(None, None, None)
    assert reply.message.text == "hello"
    assert "Connection error" in reply.retries[0]


def test_a_server_that_never_answers_is_a_model_error(clock: Any) -> None:
    model: Any = open_model(
        "anthropic/claude-x",
        base_url=f"http://127.0.0.1:{_free_port()}",
        retries=clock.policy(tries=3),
    )
    with pytest.raises(ModelError, match="after 3 tries") as caught:
        model.generate(GO)
    model.close()
    assert "base_url" in caught.value.remedy
    assert len(clock.waits) == 2


def test_a_server_that_takes_the_question_and_never_answers_is_a_model_error(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anthropic_messages, "_READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        model: Any = open_model(
            "anthropic/claude-x",
            base_url=f"http://127.0.0.1:{silent.getsockname()[1]}",
            retries=clock.policy(tries=3),
        )
        with pytest.raises(ModelError, match="after 3 tries") as caught:
            model.generate(GO)
        model.close()
    assert "timed out" in caught.value.what
    assert len(clock.waits) == 2


@pytest.mark.parametrize("status", [500, 529])
def test_an_error_that_does_not_pass_is_a_model_error_in_the_end(
    status: int, connect: Any, clock: Any
) -> None:
    def always(_: Any) -> Fault:
        return Fault(status, "some_error", "for ever")

    with connect(always) as (model, server), pytest.raises(ModelError, match="after 10 tries"):
        model.generate(GO)
    assert len(server.requests) == 10
    assert 0 < sum(clock.waits) <= RetryPolicy().total_wait


def test_a_body_that_is_not_json_is_a_model_error_and_no_traceback(connect: Any) -> None:
    torn = RawAnswer(b'{"id": "msg_1", "content": [{"ty', content_type="application/json")
    with connect(lambda _: torn) as (model, server), pytest.raises(ModelError) as caught:
        model.generate(GO)
    assert len(server.requests) >= 1
    assert caught.value.where == "model anthropic/claude-opus-4-5"


def test_a_wait_is_interrupted_at_once() -> None:
    cancelled = threading.Event()

    def fail() -> None:
        threading.Timer(0.1, cancelled.set).start()
        raise CallFailed("busy", status=529)

    begun = time.monotonic()
    with pytest.raises(Cancelled, match="interrupted"):
        _call(fail, RetryPolicy(first_wait=60), cancelled)
    assert time.monotonic() - begun < 50


def test_nothing_is_tried_once_the_run_is_being_stopped() -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        _call(lambda: pytest.fail("was called"), RetryPolicy(), cancelled)


def test_an_error_of_ours_is_not_tried_again() -> None:
    calls: list[int] = []

    def bug() -> None:
        calls.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _call(bug, RetryPolicy(), None)
    assert calls == [1]


def _call(attempt: Any, policy: RetryPolicy, cancelled: threading.Event | None) -> Any:
    return call_with_retries(
        attempt, where="model x", credentials="KEY", policy=policy, cancelled=cancelled
    )
