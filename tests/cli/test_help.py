"""Every command explains itself, and asking for help loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import typer.main

from harness.cli.app import _typer


def commands() -> list[tuple[str, ...]]:
    """Every command and group, by the words that a user types."""

    def below(group: Any, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        found = [words]
        for name, command in getattr(group, "commands", {}).items():
            found += below(command, (*words, name))
        return found

    return below(typer.main.get_command(_typer), ())


def test_there_are_the_commands_that_were_promised() -> None:
    promised = {
        "run",
        "list",
        "new",
        "shell",
        "grade",
        "report",
        "doctor",
        "images",
        "clean",
        "check",
    }
    assert promised <= {words[0] for words in commands() if words}


@pytest.mark.parametrize("words", commands(), ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_help_that_says_what_it_does(
    cli: Any, words: tuple[str, ...], option: str
) -> None:
    ran = cli(*words, option)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: harness" + "".join(f" {word}" for word in words))
    assert len(ran.out.splitlines()[2].strip()) > 10


@pytest.mark.parametrize("words", [(), ("list",), ("new",), ("images",)], ids=" ".join)
def test_a_group_without_a_command_shows_its_help_and_fails(
    cli: Any, words: tuple[str, ...]
) -> None:
    ran = cli(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: harness")
    assert ran.err == cli(*words, "--help").out


def test_the_version_is_told(cli: Any) -> None:
    import harness

    assert cli("--version").out == f"harness {harness.__version__}\n"


HEAVY = ("anthropic", "openai", "docker", "pexpect", "scipy", "numpy", "tenacity", "jinja2")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from harness.cli import main\n"
        f"sys.argv = ['harness', *{arguments!r}]\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == "[]\n"
