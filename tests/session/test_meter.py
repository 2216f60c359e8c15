"""The meter counts what a sample uses, and raises for the first limit that is used up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.errors import LimitReached
from harness.messages import Reply, TokenUsage
from harness.schema.task import Limits
from harness.session import Meter


def limit_of(meter: Meter, *, new_step: bool = True) -> str | None:
    try:
        meter.check(new_step=new_step)
    except LimitReached as stop:
        return stop.kind
    return None


def meter_with(clock: Any, **limits: Any) -> Meter:
    none: dict[str, Any] = {"steps": None, "tokens": None, "usd": None}
    return Meter(Limits(**{**none, **limits}), clock)


def test_steps_end_before_the_step_too_many(clock: Any) -> None:
    meter = meter_with(clock, steps=2)
    for left in (2, 1):
        assert (meter.steps, limit_of(meter)) == (left, None)
        meter.count_step()
    assert (meter.steps, limit_of(meter)) == (0, "steps")


def test_tool_calls_of_the_last_step_are_still_allowed(clock: Any) -> None:
    meter = meter_with(clock, steps=1)
    meter.count_step()
    assert limit_of(meter, new_step=False) is None


def test_tokens_of_every_kind_count(clock: Any, say: Callable[..., Reply]) -> None:
    meter = meter_with(clock, tokens=100)
    meter.count_reply(say(usage=TokenUsage(input=10, output=20, cache_read=30, cache_write=39)))
    assert (meter.tokens, limit_of(meter)) == (1, None)
    meter.count_reply(say(usage=TokenUsage(output=1)))
    assert (meter.tokens, limit_of(meter)) == (0, "tokens")
    used = meter.usage
    assert (used.input_tokens, used.output_tokens) == (10, 21)
    assert (used.cache_read_tokens, used.cache_write_tokens) == (30, 39)
    assert used.model_calls == 2


def test_dollars_add_up_to_the_limit(clock: Any, say: Callable[..., Reply]) -> None:
    meter = meter_with(clock, usd=1.0)
    meter.count_reply(say(usd=0.75))
    assert (meter.usd, limit_of(meter)) == (0.25, None)
    meter.count_reply(say(usd=0.25))
    assert limit_of(meter) == "usd"


def test_one_unknown_cost_makes_the_sum_unknown_for_good(
    clock: Any, say: Callable[..., Reply]
) -> None:
    meter = meter_with(clock)
    meter.count_reply(say(usd=0.5))
    assert meter.usage.usd == 0.5
    meter.count_reply(say(usd=None))
    meter.count_reply(say(usd=0.5))
    assert meter.usage.usd is None


def test_working_time_ends_at_the_wall(clock: Any) -> None:
    meter = meter_with(clock, wall="60s")
    clock.now += 59
    assert (meter.wall_seconds, limit_of(meter)) == (1, None)
    clock.now += 1
    assert limit_of(meter, new_step=False) == "wall"


def test_waiting_for_the_models_api_is_not_working_time(
    clock: Any, say: Callable[..., Reply]
) -> None:
    meter = meter_with(clock, wall="60s")
    clock.now += 100
    meter.count_reply(say(waited_seconds=70.0, seconds=100.0))
    assert (meter.wall_seconds, limit_of(meter)) == (30, None)


def test_without_limits_only_the_wall_is_left(clock: Any, say: Callable[..., Reply]) -> None:
    meter = meter_with(clock)
    for _ in range(500):
        meter.count_step()
        meter.count_reply(say(usage=TokenUsage(input=10**6), usd=100.0))
    assert (meter.steps, meter.tokens, meter.usd, limit_of(meter)) == (None, None, None, None)


def test_of_several_limits_the_order_is_wall_tokens_usd_steps(
    clock: Any, say: Callable[..., Reply]
) -> None:
    reached = []
    limits: dict[str, Any] = {"wall": "60s", "tokens": 1, "usd": 0.1, "steps": 1}
    free: dict[str, Any] = {"wall": "9h", "tokens": None, "usd": None}
    for name in ("", "wall", "tokens", "usd"):
        if name:
            limits[name] = free[name]
        meter = meter_with(clock, **limits)
        meter.count_step()
        meter.count_reply(say())
        clock.now += 60
        reached.append(limit_of(meter))
    assert reached == ["wall", "tokens", "usd", "steps"]
