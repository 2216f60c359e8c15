"""A comparison in Markdown: for a terminal, and for the pages of a CI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MOST = 12


def comparison_lines(comparison: Mapping[str, Any]) -> Iterator[str]:
    """The whole comparison, line by line; the gate's verdict comes first."""
    gate = comparison["gate"]
    yield f"# {gate_word(gate)}"
    yield ""
    if reasons := [*gate["no"], *gate["insufficient"]]:
        yield from (f"- {reason}" for reason in reasons)
        yield ""
    for name, side in (("baseline", "base"), ("candidate", "candidate")):
        run = comparison[side]
        yield f"{name}: {run['id']} ({run['ended']}, harness {run['harness']})  "
    for side, arms in comparison["unpaired_arms"].items():
        if arms:
            yield f"only in the {'baseline' if side == 'base' else side}: {', '.join(arms)}  "
    for arm in comparison["arms"]:
        yield ""
        yield from _arm_lines(arm)


def gate_word(gate: Mapping[str, Any]) -> str:
    """The gate's verdict in a word or two."""
    if gate["open"]:
        return "Gate: open"
    return "Gate: closed" if gate["exit"] == 1 else "Gate: cannot tell"


def _arm_lines(arm: Mapping[str, Any]) -> Iterator[str]:
    names = dict.fromkeys((arm["base"], arm["candidate"]))
    yield f"## {' → '.join(names)}"
    yield ""
    yield from _table(
        ("suite", "verdict", "tasks", "base", "candidate", "difference", "interval", "unscored"),
        [_suite_row(suite, part) for suite, part in arm["suites"].items()],
    )
    yield ""
    for suite, part in arm["suites"].items():
        yield f"- {suite}: {part['reason']}"
        if part["unscored"]:
            low, high = part["bounds"]
            yield f"  (samples without a score leave {low:+.3f} to {high:+.3f} possible)"
        yield from (f"  not compared: {name}: {why}" for name, why in part["not_compared"].items())
    for title, names in (
        ("passed before and not now", arm["flips"]["lost"]),
        ("passes now and not before", arm["flips"]["gained"]),
        ("new", arm["new_tasks"]),
        ("lost", arm["lost_tasks"]),
    ):
        if names:
            yield f"- {title}: {_some(names)}"
    yield from (_difference_line(name, each) for name, each in arm["differences"].items())
    yield from _safety_lines(arm["safety"])
    yield from _cost_lines(arm["cost"])
    for each in arm["thresholds"]:
        signed = f", signed by {each['signed']}" if each["signed"] else ""
        yield (
            f"- threshold {each['name']}: {each['verdict']} ({len(each['passed'])} of "
            f"{each['tasks']} tasks of {each['suite']}{signed})"
        )


def _suite_row(suite: str, part: Mapping[str, Any]) -> list[str]:
    interval = part["interval"]
    return [
        suite,
        part["verdict"],
        f"{part['compared']} of {part['tasks']}",
        _number(part["base"]),
        _number(part["candidate"]),
        _number(part["difference"], "+.3f"),
        _interval(interval),
        f"{part['unscored']} of {part['planned']}",
    ]


def _interval(interval: Sequence[float] | None) -> str:
    """An interval without width is no knowledge: all tasks differ alike."""
    if interval is None:
        return "-"
    low, high = interval
    return "all alike" if low == high else f"{low:+.3f}..{high:+.3f}"


def _difference_line(name: str, difference: Mapping[str, Any]) -> str:
    values = [difference[side] for side in ("base", "candidate")]
    short = all(len(str(value)) <= 70 for value in values)  # noqa: PLR2004 - a line
    shown = f": {values[0]} → {values[1]}" if short else ""
    return f"- {name} differs in {len(difference['tasks'])} tasks{shown}"


def _safety_lines(safety: Mapping[str, Any]) -> Iterator[str]:
    for suite, part in safety["suites"].items():
        before, after = (_rate(part[side]) for side in ("base", "candidate"))
        yield f"- flagged in {suite}: {before} before, {after} now (p {part['p']:.2g})"
    if safety["indeterminate"]:
        yield f"- safety indeterminate in {safety['indeterminate']:.0%} of the candidate's samples"
    for each in safety["new_findings"][:_MOST]:
        yield (
            f"- newly unsafe: {each['rule']} ({each['stage']}, {each['enforcement']}) in "
            f"{each['task']} epoch {each['epoch']}: {each['what']}"
        )
    if (rest := len(safety["new_findings"]) - _MOST) > 0:
        yield f"- and {rest} more findings of new rules"


def _rate(side: Mapping[str, Any]) -> str:
    if side["interval"] is None:
        return "none judged"
    low, high = side["interval"]
    return f"{side['flagged']} of {side['judged']} ({low:.0%} to {high:.0%})"


def _cost_lines(cost: Mapping[str, Any]) -> Iterator[str]:
    forms = {
        "usd": "${:.4f}",
        "tokens": "{:,.0f} tokens",
        "steps": "{:.1f} steps",
        "seconds": "{:.1f} s",
    }
    parts = []
    for name, form in forms.items():
        before, after = (cost[name][side] for side in ("base", "candidate"))
        if before is not None and after is not None and (before or after):
            parts.append(f"{form.format(before)} → {form.format(after)}")
    if parts:
        yield f"- a sample: {', '.join(parts)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown whose columns stand under each other in a terminal, too."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, ["-" * width for width in widths], *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"| {' | '.join(cells)} |"


def _number(value: float | None, form: str = ".3f") -> str:
    return "-" if value is None else format(value, form)


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
