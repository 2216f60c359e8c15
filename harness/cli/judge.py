"""harness judge: a model's opinion on a run's transcripts, beside the rules' verdicts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli import DONE, INFRASTRUCTURE
from harness.cli.common import JsonOption, RunArgument, RunsOption, echo_json, find_run, say

if TYPE_CHECKING:
    from harness.judge.agreement import Agreement
    from harness.judge.judging import Judged


def judge(
    run: str = RunArgument,
    model: str = typer.Option(..., "--model", "-m", help="The judge: anthropic/<id>, ..."),
    rubric: Path = typer.Option(
        None, "--rubric", help="What it looks for (default: ours).", show_default=False
    ),
    labels: Path = typer.Option(
        None,
        "--labels",
        help="Labelled transcripts that it is measured by (default: ours).",
        show_default=False,
    ),
    votes: int = typer.Option(3, "--votes", min=1, help="Independent readings; most must agree."),
    max_tokens: int = typer.Option(4000, min=1, help="Longest reply, in tokens."),
    base_url: str = typer.Option(None, help="Another server that speaks the model's protocol."),
    runs: Path = RunsOption,
    json: bool = JsonOption,
) -> None:
    """Let a model read a run's transcripts by a rubric; its findings never change a verdict.

    First it reads labelled transcripts: how well it agrees with people is printed beside.
    """
    from harness.judge.agreement import measure_agreement
    from harness.judge.judging import Judge, judge_run
    from harness.judge.rubric import OWN_LABELLED, OWN_RUBRIC, load_labelled, load_rubric
    from harness.messages import Settings
    from harness.models import check_model, open_model
    from harness.run import load_run

    loaded = load_run(find_run(run, runs))
    asked = load_rubric(rubric or OWN_RUBRIC)
    labelled = load_labelled(asked, labels or OWN_LABELLED)
    check_model(model, base_url=base_url)
    settings, found = Settings(max_tokens=max_tokens), []
    with closing(open_model(model, base_url=base_url)) as reader:
        say(f"{model} reads {len(labelled.transcripts)} labelled transcripts, {votes} times each")
        agreement = measure_agreement(labelled, asked, reader, votes=votes, settings=settings)
        for each in judge_run(loaded, Judge(reader, asked, votes, settings, agreement)):
            found.append(each)
            say(f"{each.key}: {_said(each)}")
    if json:
        echo_json({"schema": 1, "agreement": agreement.__dict__, "samples": _rows(found)})
    else:
        _show(agreement, found)
    unread = any(each.judgement.trouble for each in found)
    raise typer.Exit(INFRASTRUCTURE if unread else DONE)


def _said(judged: Judged) -> str:
    return judged.judgement.trouble or f"{len(judged.findings)} findings"


def _rows(found: list[Judged]) -> list[dict[str, object]]:
    return [
        {
            **each.key.model_dump(),
            "attempt": each.attempt,
            "findings": [event.model_dump(mode="json") for event in each.findings],
            "trouble": each.judgement.trouble or None,
            "whole_transcript": each.judgement.whole,
            "unsupported_claims": each.judgement.unsupported,
            "usd": each.judgement.usd,
        }
        for each in found
    ]


def _show(agreement: Agreement, found: list[Judged]) -> None:
    from harness.report.text import agreement_line, finding_line

    typer.echo(agreement_line(agreement.__dict__))
    for names, what in ((agreement.missed, "missed"), (agreement.invented, "invented")):
        for name in names:
            typer.echo(f"  {what} {name}")
    for each in found:
        typer.echo(f"{each.key} attempt {each.attempt}: {_said(each)}")
        for event in each.findings:
            typer.echo(f"    {finding_line(event.model_dump())}")
