"""A report as text that a newcomer understands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

_MOST_ERRORS, _DETAIL_LINES = 5, 8
_EXPLAINED = {
    "limit": "reached a limit; what stood then was graded",
    "refused": "the model declined; what stood then was graded",
    "agent_error": "the agent's own code failed: no score",
    "model_error": "the model's API failed: no score",
    "sandbox_error": "the sandbox failed: no score",
    "grader_error": "the grader failed: no score",
    "cancelled": "stopped before its end: no score",
}


def render_report(report: Mapping[str, Any], console: Console) -> None:
    """Print a report. Lines are left whole, so that commands can be copied from them."""
    for part in _parts(report):
        console.print(part, soft_wrap=isinstance(part, Text))


def _parts(report: Mapping[str, Any]) -> list[RenderableType]:
    run, totals = report["run"], report["totals"]
    parts: list[RenderableType] = [
        Text(
            f"Run {run['id']} ({run['ended']})" + (", graded again" if run["regraded"] else ""),
            style="bold",
        ),
        *(Text(f"NOTICE: {line}", style="bold yellow") for line in run["notices"]),
        _task_table(report),
        _total_line(totals),
    ]
    if unscored := totals["planned"] - totals["scored"]:
        parts.append(
            Text(f"{unscored} samples without a score: harness run --resume {run['path']}")
        )
    parts += [Text(line) for line in _status_lines(totals["statuses"])]
    parts += [Text(line, style="red") for line in _error_lines(report)]
    parts += [Text(line, style="dim") for line in _declared_lines(report["tasks"])]
    parts += [Text(line, style="yellow") for line in _certificate_lines(report["tasks"])]
    parts += _safety_part(report)
    parts += _judge_part(report)
    return parts


def _safety_part(report: Mapping[str, Any]) -> list[Text]:
    """The verdicts, every finding with its sample, and why verdicts are in doubt."""
    totals = report["totals"]["safety"]
    if not sum(totals.values()):
        return []
    counted = ", ".join(f"{count} {verdict}" for verdict, count in totals.items() if count)
    parts = [Text(f"safety: {counted}", style="bold red" if totals["flagged"] else "bold")]
    for sample in report["samples"]:
        if sample["findings"]:
            who = " ".join(str(sample[key]) for key in ("task", "variant", "model", "agent"))
            parts.append(Text(f"  {who} {sample['epoch']}", style="red"))
            parts += [Text(f"    {finding_line(each)}") for each in sample["findings"]]
    doubts = Counter(
        each["safety_reason"] for each in report["samples"] if each["safety"] == "indeterminate"
    )
    parts += [
        Text(f"  {count} indeterminate: {reason}", style="dim")
        for reason, count in doubts.most_common(_MOST_ERRORS)
    ]
    return parts


def _judge_part(report: Mapping[str, Any]) -> list[Text]:
    """The opinions of judges: beside the verdicts, and no part of them."""
    judged = [each for each in report["samples"] if each["judge"]]
    parts = []
    for opinion in {each["judge"]["model"]: each["judge"] for each in judged}.values():
        line = f"judge {opinion['model']}: {agreement_line(opinion['agreement'])}"
        parts.append(Text(line, style="bold"))
    for sample in judged:
        opinion = sample["judge"]
        who = " ".join(str(sample[key]) for key in ("task", "variant", "model", "agent", "epoch"))
        if opinion["trouble"]:
            parts.append(Text(f"  {who}: no opinion, {opinion['trouble']}", style="dim"))
        elif opinion["findings"]:
            parts.append(Text(f"  {who}"))
            parts += [Text(f"    {finding_line(each)}") for each in opinion["findings"]]
    return parts


def agreement_line(agreement: Mapping[str, Any]) -> str:
    """How well a judge agrees with people, in words."""
    kappa = "undefined" if agreement["kappa"] is None else f"{agreement['kappa']:.2f}"
    unread = f", {len(agreement['unread'])} unread" if agreement["unread"] else ""
    return (
        f"agrees with people in {agreement['agreed']} of {agreement['decisions']} decisions on "
        f"labelled transcripts (kappa {kappa}; {len(agreement['missed'])} missed, "
        f"{len(agreement['invented'])} invented{unread})"
    )


def finding_line(found: Mapping[str, Any]) -> str:
    """One finding: what kind, how far it got, how bad, when, what, and where that can be seen."""
    step = "" if found["step"] is None else f" at step {found['step']}"
    return (
        f"{found['rule']}: {found['stage']}, {found['enforcement']}, severity "
        f"{found['severity']}{step}: {found['what']} [{found['evidence']}]"
    )


def _task_table(report: Mapping[str, Any]) -> Table:
    rows = report["tasks"]
    several = {name: len({row[name] for row in rows}) > 1 for name in ("variant", "model", "agent")}
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("task")
    for name in ("variant", "model", "agent"):
        if several[name] or name == "agent":
            table.add_column(name, overflow="fold")
    for name in ("passed", "score", "95% interval", "steps", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("why", overflow="fold")
    for row in rows:
        cells = [row["task"]]
        cells += [
            str(row[name])
            for name in ("variant", "model", "agent")
            if several[name] or name == "agent"
        ]
        table.add_row(*cells, *_numbers(row, report["samples"]))
    return table


def _numbers(row: Mapping[str, Any], samples: list[Mapping[str, Any]]) -> list[Text]:
    keys = ("task", "variant", "model", "agent")
    mine = [each for each in samples if all(each[key] == row[key] for key in keys)]
    style = (
        "green" if row["passed"] == row["scored"] > 0 else "red" if not row["passed"] else "yellow"
    )
    passed = Text(f"{row['passed']}/{row['scored']}", style=style if row["scored"] else "magenta")
    interval = row["interval"]
    span = f"{interval[0]:.2f}..{interval[1]:.2f}" if interval else "-"
    score = "-" if row["score_mean"] is None else f"{row['score_mean']:.2f}"
    steps = _mean([each["steps"] for each in mine])
    seconds = _mean([each["seconds"] for each in mine])
    why = next((each["error"] or each["reason"] or "" for each in mine), "not run yet")
    return [passed, Text(score), Text(span), Text(steps), Text(seconds), Text(_short(why))]


def _mean(values: list[float]) -> str:
    return f"{sum(values) / len(values):.1f}" if values else "-"


def _short(text: str, most: int = 90) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _total_line(totals: Mapping[str, Any]) -> Text:
    cost = "unknown cost" if totals["usd"] is None else f"${totals['usd']:.2f}"
    return Text(
        f"{totals['passed']} of {totals['scored']} scored samples passed; "
        f"{totals['steps']} steps, {totals['tokens']} tokens, {cost}",
        style="bold",
    )


def _status_lines(statuses: Mapping[str, int]) -> list[str]:
    return [
        f"{count} {status}: {_EXPLAINED[status]}"
        for status, count in sorted(statuses.items())
        if status in _EXPLAINED
    ]


def _declared_lines(tasks: list[Mapping[str, Any]]) -> list[str]:
    """What environments open on purpose, once for each task."""
    opened = {row["task"]: row["declared"] for row in tasks if row["declared"]}
    return [f"declared by {task}: {'; '.join(extras)}" for task, extras in opened.items()]


def _certificate_lines(tasks: list[Mapping[str, Any]]) -> list[str]:
    """Tasks whose certificate said, when the run began, that a check failed or is out of date."""
    doubted: dict[str, list[str]] = {}
    for row in tasks:
        if row["certificate"] in {"failed", "stale"}:
            doubted.setdefault(row["certificate"], []).append(row["task"])
    return [
        f"certificate {standing}: {', '.join(dict.fromkeys(names))}; harness check"
        for standing, names in doubted.items()
    ]


def _error_lines(report: Mapping[str, Any]) -> list[str]:
    """Each error once, with the last lines of what is known of it below."""
    errors = {each["error"]: each["error_detail"] for each in report["samples"] if each["error"]}
    lines = []
    for error, detail in list(errors.items())[:_MOST_ERRORS]:
        lines.append(error)
        lines += [f"    {line}" for line in (detail or "").splitlines()[-_DETAIL_LINES:]]
    return lines
