"""harness list: tasks, environments, agents, models, runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from harness.cli.common import (
    CertificatesOption,
    JsonOption,
    PathsOption,
    RunsOption,
    certificates_folder,
    console,
    echo_json,
    roots_of,
    runs_folder,
    say,
)
from harness.errors import StoreError, UsageError

listing = typer.Typer(name="list", help="List what there is.", no_args_is_help=True)


def _show(rows: list[dict[str, Any]], columns: list[str], *, as_json: bool) -> None:
    if as_json:
        echo_json(rows)
        return
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    console().print(table)


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return "" if value is None else str(value)


@listing.command()
def tasks(
    selectors: list[str] = typer.Argument(None, help="As for run; default all."),
    domain: str = typer.Option(None, "--domain", help="cyber, autonomy or safety."),
    tag: str = typer.Option(None, "--tag", help="A skill."),
    certificates: Path = CertificatesOption,
    path: list[Path] = PathsOption,
    json: bool = JsonOption,
) -> None:
    """List tasks, and how their certificates stand: fresh, failed, stale or none."""
    from harness.check.certificate import Certificates
    from harness.content.folders import describe
    from harness.content.select import find_tasks, select_tasks

    roots = roots_of(path)
    wanted = selectors or ["all"]
    found = select_tasks(wanted, roots) if selectors or find_tasks(roots) else []
    store = Certificates(certificates_folder(certificates), roots)
    rows = [{**describe(each), "certificate": store.standing(each)} for each in found]
    rows = [row for row in rows if domain in {None, row["metadata"]["domain"]}]
    rows = [row for row in rows if tag is None or tag in row["metadata"]["skills"]]
    if not json:
        for row in rows:
            row["domain"] = row["metadata"]["domain"]
            row["skills"] = row["metadata"]["skills"]
            row["minutes"] = row["metadata"]["human_minutes"]
    columns = ["id", "title", "domain", "skills", "minutes", "grader", "environment", "certificate"]
    _show(rows, columns, as_json=json)


@listing.command()
def environments(path: list[Path] = PathsOption, json: bool = JsonOption) -> None:
    """List environments."""
    from harness.content.folders import load_all, load_environment

    folders = roots_of(path).children("environments", "environment.toml")
    rows = [
        {
            "name": each.name,
            "title": each.environment.title,
            "services": list(each.environment.services),
            "network": each.environment.network_mode,
            "path": str(each.path),
        }
        for each in load_all(folders.values(), load_environment)
    ]
    _show(rows, ["name", "title", "services", "network"], as_json=json)


@listing.command()
def agents(path: list[Path] = PathsOption, json: bool = JsonOption) -> None:
    """List agents."""
    from harness.content.agents import find_agents, load_agent

    roots = roots_of(path)
    rows = []
    for name, file in find_agents(roots).items():
        try:
            agent = load_agent(name, roots)
            needs, summary = "a model" if agent.wants_model else "", agent.summary
        except UsageError as error:
            needs, summary = error.remedy, "Replays the actions of a file, without a model."
        rows.append({"name": name, "summary": summary, "needs": needs, "path": str(file)})
    _show(rows, ["name", "summary", "needs"], as_json=json)


@listing.command()
def models(
    files: list[Path] = typer.Argument(
        None, help="Model files: shows what they pin instead.", show_default=False
    ),
    json: bool = JsonOption,
) -> None:
    """List models whose price is known (others can be used too), or what model files pin."""
    from dataclasses import asdict

    from harness.content.model_files import load_model_file
    from harness.models import known_models

    if files:
        pinned = [load_model_file(file) for file in files]
        columns = ["name", "provider", "id", "base_url", "context_tokens", "settings", "prices"]
        dumped = [each.model_dump(mode="json", exclude_none=True) for each in pinned]
        rows = [dict.fromkeys(columns) | each for each in dumped]
        _show(rows, columns, as_json=json)
        return
    rows = [{**asdict(model), "price_date": str(model.price_date)} for model in known_models()]
    columns = ["name", "context_tokens", "input_usd", "output_usd", "price_date"]
    _show(rows, columns, as_json=json)


@listing.command("runs")
def list_of_runs(runs: Path = RunsOption, json: bool = JsonOption) -> None:
    """List runs, oldest first."""
    from harness.store import list_runs

    rows = []
    for store in list_runs(runs_folder(runs)):
        try:
            plan = store.plan()
            row = {
                "samples": len(plan["samples"]),
                "agents": plan["config"]["agents"],
                "models": plan["config"]["models"],
                "started": plan["started"],
            }
        except (StoreError, KeyError, TypeError) as error:
            say(f"harness: {store.root}: its plan cannot be read ({error}); restore run.json")
            continue
        rows.append(
            {
                "id": store.id,
                **row,
                "reported": store.report.exists(),
                "path": str(store.root),
            }
        )
    _show(rows, ["id", "samples", "agents", "models", "started", "reported"], as_json=json)
