"""The application: its commands, and the options that all of them share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer

from harness.cli import DONE, USAGE
from harness.cli.check import check
from harness.cli.clean import clean
from harness.cli.compare import compare
from harness.cli.doctor import doctor
from harness.cli.grade import grade
from harness.cli.history import history
from harness.cli.images import images
from harness.cli.judge import judge
from harness.cli.listing import listing
from harness.cli.new import new
from harness.cli.nightly import nightly
from harness.cli.report import report
from harness.cli.run import run
from harness.cli.shell import shell

_typer = typer.Typer(
    name="harness",
    help="Third-party capability evaluations of AI agents in sealed Docker containers.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_state = {"debug": False}


@_typer.callback(invoke_without_command=True)
def _shared(
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks."),
    version: bool = typer.Option(False, "--version", help="Show the version and end."),
) -> None:
    _state["debug"] = debug
    if version:
        from harness import __version__

        typer.echo(f"harness {__version__}")
        raise typer.Exit


def debug_wanted() -> bool:
    """Whether --debug was given."""
    return _state["debug"]


for _command in (run, shell, grade, judge, check, report, compare, nightly, doctor, clean):
    _typer.command()(_command)
for _group in (listing, new, images, history):
    _typer.add_typer(_group)


def app(*, standalone_mode: bool = True) -> Any:
    """Run the command line; bad usage ends with one line and exit code 2."""
    call: Callable[..., Any] = _typer
    try:
        return call(standalone_mode=standalone_mode, prog_name="harness")
    except SystemExit:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":
            return DONE  # whoever read standard output has seen enough, as in `| head`
        raise
    except Exception as error:
        shown = getattr(error, "format_message", None)
        if shown is None:
            raise
        context = getattr(error, "ctx", None)
        where = context.command_path if context else "harness"
        if shown() and type(error).__name__ != "NoArgsIsHelpError":
            what = " ".join(shown().split()).removesuffix(".")
            sys.stderr.write(f"{where}: {what}; see `{where} --help`\n")
        elif context:
            sys.stderr.write(context.get_help() + "\n")
        return USAGE
