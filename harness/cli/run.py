"""harness run: tasks x models x agents x epochs, in sandboxes, graded and reported."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.cli import DONE, INFRASTRUCTURE, INTERRUPTED
from harness.cli.common import (
    JsonOption,
    PathsOption,
    RunsOption,
    certificates_folder,
    console,
    docker_sandboxes,
    echo_json,
    find_run,
    roots_of,
    runs_folder,
    usual_jobs,
)
from harness.cli.ready import make_ready
from harness.cli.sensors import AllowOption, require_sensors
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.protocols import Model
    from harness.run import Run
    from harness.runner import Enough, RunOutcome
    from harness.schema.config import RunConfig
    from harness.store import RunStore

_OUTPUTS = (1, 2)


_CAPTURE_BYTES = 64 * 1024**2


def run(
    selectors: list[str] = typer.Argument(
        None, help="Suites, tasks, tag:NAME, domain:NAME, paths, or all.", show_default=False
    ),
    model: list[str] = typer.Option(
        [], "--model", "-m", help="anthropic/<id>, openai/<id>, a model file (.toml), ..."
    ),
    agent: list[str] = typer.Option(
        ["react"],
        "--agent",
        "-a",
        help="react, oracle, idle, cheat:<name>, script:<name>, scripted:<file>, a path.",
    ),
    variant: list[str] = typer.Option(["default"], "--variant", help="Variants of tasks, or all."),
    epochs: int = typer.Option(1, "--epochs", min=1, help="Samples of each task."),
    jobs: int = typer.Option(
        None,
        "--jobs",
        "-j",
        min=1,
        help="Samples at once (default: one per core).",
        show_default=False,
    ),
    name: str = typer.Option("run", "--name", help="A word for the run's folder."),
    limit_steps: int = typer.Option(None, min=1, help="Steps of each sample."),
    limit_tokens: int = typer.Option(None, min=1, help="Tokens of each sample."),
    limit_usd: float = typer.Option(None, help="Dollars of each sample."),
    limit_wall: str = typer.Option(None, help='Working time of each sample, such as "30m".'),
    limit_command: str = typer.Option(None, help='Time of one command, such as "60s".'),
    budget_usd: float = typer.Option(None, help="Dollars of the whole run."),
    budget_tokens: int = typer.Option(None, min=1, help="Tokens of the whole run."),
    budget_wall: str = typer.Option(None, help="Time of the whole run."),
    max_tokens: int = typer.Option(None, min=1, help="Longest reply of the model, in tokens."),
    temperature: float = typer.Option(None, min=0),
    effort: str = typer.Option(None, help="low, medium, high, xhigh, max."),
    thinking_tokens: int = typer.Option(None, help="Budget for thinking, for older models."),
    base_url: str = typer.Option(None, help="Another server that speaks the model's protocol."),
    cache_generations: Path = typer.Option(
        None,
        help="For development: keep the model's replies in this folder, and take them from there.",
    ),
    capture: bool = typer.Option(
        False, "--capture", help="Keep the packets of sealed networks, 64 MB a sample at most."
    ),
    runtime: str = typer.Option(
        None, help="OCI runtime of the containers, such as runsc (default: the engine's)."
    ),
    allow_indeterminate: bool = AllowOption,
    resume: str = typer.Option(None, "--resume", help="Go on with this run (folder, id, last)."),
    runs: Path = RunsOption,
    path: list[Path] = PathsOption,
    json: bool = JsonOption,
) -> None:
    """Run tasks in sandboxes and grade their end states.

    Prints a report, and last the run's path. With --resume, does only what has no score yet.
    """
    from harness.content.model_files import load_models

    if resume:
        if selectors or runtime:
            what = "the selectors" if selectors else "--runtime"
            raise UsageError("--resume", "a run resumes as planned", f"leave {what} out")
        outcome = resume_and_execute(resume, runs, path, jobs, allow=allow_indeterminate)
    else:
        if not selectors:
            raise UsageError("harness run", "which tasks?", "name a suite, as in `run quickstart`")
        models, pinned = load_models(model)
        config = _config(
            selectors=selectors,
            variants=variant,
            models=[_absolute(each, "scripted/") for each in models],
            pinned=pinned,
            agents=[_absolute(each, "scripted:") for each in agent],
            epochs=epochs,
            jobs=jobs or usual_jobs(),
            name=name,
            limits={
                "steps": limit_steps,
                "tokens": limit_tokens,
                "usd": limit_usd,
                "wall": _seconds(limit_wall, "--limit-wall"),
                "command": _seconds(limit_command, "--limit-command"),
            },
            budget={
                "usd": budget_usd,
                "tokens": budget_tokens,
                "wall": _seconds(budget_wall, "--budget-wall"),
            },
            settings={
                "max_tokens": max_tokens,
                "temperature": temperature,
                "effort": effort,
                "thinking_tokens": thinking_tokens,
            },
            base_url=base_url,
            generation_cache=str(cache_generations.absolute()) if cache_generations else None,
            capture_bytes=_CAPTURE_BYTES if capture else 0,
            runtime=runtime,
        )
        outcome = start_and_execute(config, runs, path, allow=allow_indeterminate)
    raise typer.Exit(_finish(outcome, as_json=json))


def _absolute(spec: str, prefix: str) -> str:
    """A script's path made absolute, so that a resumed run finds it from anywhere."""
    if spec.startswith(prefix) and len(spec) > len(prefix):
        return prefix + str(Path(spec.removeprefix(prefix)).absolute())
    return spec


def _seconds(text: str | None, option: str) -> float | None:
    from harness.schema.types import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise UsageError(option, str(error).partition("; ")[0], 'write "90s" or "30m"') from error


def _config(**values: Any) -> RunConfig:
    from pydantic import ValidationError

    from harness.schema.config import RunConfig

    values["settings"] = {
        key: value for key, value in values["settings"].items() if value is not None
    }
    try:
        return RunConfig(**values)
    except ValidationError as error:
        fault = error.errors()[0]
        option = "--" + str(fault["loc"][-1]).replace("_", "-")
        raise UsageError(option, fault["msg"], "see `harness run --help`") from error


def _open_model(name: str, config: RunConfig, cancelled: threading.Event) -> Model:
    from harness.models import open_model

    return open_model(
        name,
        base_url=config.base_url,
        settings=config.settings,
        pinned=config.pinned.get(name),
        cancelled=cancelled,
    )


def run_and_finish(
    config: RunConfig, runs: Path | None, paths: list[Path], *, as_json: bool, quiet: bool = False
) -> int:
    """Plan, run and report; the exit code. `quiet` leaves the terminal to the agent."""
    return _finish(start_and_execute(config, runs, paths, quiet=quiet), as_json=as_json)


def start_and_execute(
    config: RunConfig,
    runs: Path | None,
    paths: list[Path],
    *,
    quiet: bool = False,
    allow: bool = False,
    begun: Callable[[RunStore], None] = lambda _store: None,
    enough: Enough | None = None,
) -> RunOutcome:
    """Plan a run, tell `begun` its folder, and execute it. Raises HarnessError."""
    from harness.check.certificate import Certificates
    from harness.cli.progress import open_progress
    from harness.content.plan import make_plan
    from harness.models import check_model, price_known
    from harness.models.cache import check_cache_folder
    from harness.run import load_run, start_run
    from harness.runner import execute

    roots = roots_of(paths)
    plan = make_plan(
        config,
        roots,
        lambda name: check_model(name, base_url=config.base_url, pinned=config.pinned.get(name)),
        lambda name: price_known(name, pinned=config.pinned.get(name)),
    )
    if config.generation_cache is not None:
        check_cache_folder(Path(config.generation_cache))
    with open_progress(quiet=quiet) as progress, terminated_as_interrupted():
        sandboxes = docker_sandboxes(roots, progress.preparing, config.runtime)
        require_sensors(plan.tasks, sandboxes.engine, config.runtime, allow=allow)
        make_ready(
            sandboxes.engine,
            runs_folder(runs),
            [task.environment.environment for task in plan.tasks],
            jobs=min(config.jobs, len(plan.samples)),
        )
        certificates = Certificates(certificates_folder(None), roots)
        standings = {task.id: certificates.standing(task) for task in plan.tasks}
        store = start_run(plan, roots, runs_folder(runs), sandboxes, progress, standings)
        begun(store)
        return execute(load_run(store), sandboxes, _open_model, progress, enough=enough)


def resume_and_execute(
    name: str,
    runs: Path | None,
    paths: list[Path],
    jobs: int | None,
    *,
    allow: bool,
    enough: Enough | None = None,
) -> RunOutcome:
    """Do what has no score yet in a run. Raises HarnessError."""
    from harness.cli.progress import open_progress
    from harness.content.plan import NO_MODEL
    from harness.models import check_model
    from harness.run import load_run
    from harness.runner import execute

    run = load_run(find_run(name, runs))
    for model in {key.model for key in run.samples} - {NO_MODEL}:
        check_model(model, base_url=run.config.base_url, pinned=run.config.pinned.get(model))
    with open_progress() as progress, terminated_as_interrupted():
        sandboxes = docker_sandboxes(
            roots_of([run.store.root / "content", *paths]), progress.preparing, run.config.runtime
        )
        require_sensors(run.tasks.values(), sandboxes.engine, run.config.runtime, allow=allow)
        make_ready(
            sandboxes.engine,
            run.store.root,
            [task.environment.environment for task in run.tasks.values()],
            jobs=min(jobs or run.config.jobs, len(run.samples)),
        )
        return execute(
            run, sandboxes, _open_model, progress, jobs=jobs, resumed=True, enough=enough
        )


class terminated_as_interrupted:  # noqa: N801 - reads as a phrase in a with
    """SIGTERM and SIGHUP end a run as cleanly as Ctrl-C does.

    After a SIGHUP the terminal is gone, and writing to it an error: nothing is written there.
    """

    def __enter__(self) -> None:
        terminals = [each for each in _OUTPUTS if os.isatty(each)]

        def interrupt(number: int, _frame: Any) -> None:
            for each in terminals if number == signal.SIGHUP else ():
                with Path(os.devnull).open("wb") as nowhere:
                    os.dup2(nowhere.fileno(), each)
            raise KeyboardInterrupt

        self._before = {
            each: signal.signal(each, interrupt)
            for each in (signal.SIGTERM, signal.SIGHUP)
            if signal.getsignal(each) is not signal.SIG_IGN  # nohup asked for that
        }

    def __exit__(self, *_exc: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)


def _finish(outcome: RunOutcome, *, as_json: bool) -> int:
    """Write and print the report; the exit code."""
    from harness.report.build import build_report, unscored_by_infrastructure
    from harness.report.text import render_report
    from harness.run import load_run
    from harness.store import write_json

    run: Run = load_run(outcome.store)
    report = build_report(run)
    write_json(run.store.report, report)
    if as_json:
        echo_json(report)
    else:
        render_report(report, console())
        typer.echo(str(run.store.root))
    if outcome.stopped == "interrupted":
        return INTERRUPTED
    return INFRASTRUCTURE if unscored_by_infrastructure(report["totals"]["statuses"]) else DONE
