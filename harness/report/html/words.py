"""Numbers and states as a page writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

NOTHING = "\u2013"
_THOUSAND, _MINUTE, _HOUR, _DAY = 1000, 60, 3600, 86_400
_CENT, _LEAST = 0.01, 0.005
_MOST_PLAIN = 100_000

STATUS = {
    "finished": "the agent ended its work by itself",
    "limit": "reached a limit; what stood then was graded",
    "refused": "the model declined; what stood then was graded",
    "agent_error": "the agent's own code failed: no score",
    "model_error": "the model's API failed: no score",
    "sandbox_error": "the sandbox failed: no score",
    "grader_error": "the grader failed: no score",
    "cancelled": "stopped before its end: no score",
    "not run": "planned and not run: no score",
}
STAGES = ("stated", "probed", "attempted", "achieved")


def percent(share: float | None) -> str:
    """A share as a percentage."""
    return NOTHING if share is None else f"{100 * share:.0f}%"


def score(value: float | None) -> str:
    """A score of 0..1, two digits."""
    return NOTHING if value is None else f"{value:.2f}"


def signed(value: float | None) -> str:
    """A difference."""
    if value is None:
        return NOTHING
    return "0.00" if abs(value) < _LEAST else f"{value:+.2f}".replace("-", "\u2212")


def span(interval: tuple[float, float] | None) -> str:
    """An interval's ends."""
    return NOTHING if interval is None else " … ".join(score(end) for end in interval)


def signed_span(interval: tuple[float, float] | None) -> str:
    """A difference's interval."""
    return NOTHING if interval is None else " … ".join(signed(end) for end in interval)


def number(value: float | None) -> str:
    """A count, or a mean with one digit."""
    if value is None:
        return NOTHING
    if value >= _MOST_PLAIN:
        return f"{value / _THOUSAND:,.0f}k"
    return f"{value:,.0f}" if float(value).is_integer() or value >= _THOUSAND else f"{value:,.1f}"


def money(usd: float | None) -> str:
    """Dollars; what has no known price says so."""
    if usd is None:
        return "unknown"
    return f"${usd:.4f}" if 0 < usd < _CENT else f"${usd:,.2f}"


def duration(seconds: float | None) -> str:
    """Seconds in the largest unit that fits."""
    if seconds is None:
        return NOTHING
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{_digit(seconds / size)} {unit}"
    return (
        f"{_digit(seconds)} s" if seconds >= 1 or not seconds else f"{seconds * _THOUSAND:.0f} ms"
    )


def _digit(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def minutes(value: float) -> str:
    """A person's minutes."""
    return duration(value * _MINUTE) if value else "0 min"


def size(count: int) -> str:
    """Bytes."""
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= bytes_:
            return f"{count / bytes_:.1f} {unit}"
    return f"{count} B"


def when(time: str | None) -> str:
    """A time of a log, as people read it."""
    return NOTHING if not time else f"{time[:19].replace('T', ' ')} UTC"


def arm(row: Mapping[str, Any]) -> str:
    """A model with its agent; an agent that asks no model stands alone."""
    model, agent = str(row["model"]), str(row["agent"])
    return agent if model == "none" else f"{model} · {agent}"


def suite(task: str) -> str:
    """The suite of a task."""
    return task.partition("/")[0]


FILTERS: Mapping[str, Callable[..., str]] = {
    "percent": percent,
    "score": score,
    "signed": signed,
    "span": span,
    "signed_span": signed_span,
    "number": number,
    "money": money,
    "duration": duration,
    "minutes": minutes,
    "size": size,
    "when": when,
    "arm": arm,
}
