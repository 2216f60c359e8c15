"""What several commands need: roots, the runs' folder, sandboxes, printing JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.errors import StoreError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from harness.content.roots import Roots
    from harness.sandbox.images import Images
    from harness.sandbox.machines import DockerSandboxes
    from harness.store import RunStore

PathsOption = typer.Option(
    [], "--path", help="A folder with environments/, tasks/ or agents/ (also $HARNESS_PATH)."
)
RunsOption = typer.Option(
    None, "--runs", help="Where runs are kept: $HARNESS_RUNS, else ./runs.", show_default=False
)
CertificatesOption = typer.Option(
    None,
    "--certificates",
    help="Where certificates are kept: $HARNESS_CERTIFICATES, else ./certificates.",
    show_default=False,
)
JsonOption = typer.Option(False, "--json", help="JSON on standard output.")
RunArgument = typer.Argument(..., help="A run's folder, its id, or 'last'.")


def echo_json(value: Any) -> None:
    """Print JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def say(text: str) -> None:
    """A line of progress on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def console() -> Console:
    """Standard output, wide enough for tables when it is not a terminal."""
    from rich.console import Console

    return Console(
        width=None if sys.stdout.isatty() else 160,
        soft_wrap=False,
        highlight=False,
        # What is shown is data: "[unsafe]" is a table of task.toml, and no style.
        markup=False,
        emoji=False,
    )


def roots_of(paths: Sequence[Path]) -> Roots:
    """All roots of content."""
    from harness.content.roots import find_roots

    return find_roots(paths)


def runs_folder(given: Path | None) -> Path:
    """Where runs are kept."""
    return (given or Path(os.environ.get("HARNESS_RUNS") or "runs")).absolute()


def certificates_folder(given: Path | None) -> Path:
    """Where certificates are kept."""
    return (given or Path(os.environ.get("HARNESS_CERTIFICATES") or "certificates")).absolute()


@contextmanager
def kept_folder(keep: Path | None) -> Iterator[Path]:
    """A new folder for a check: below `keep`, or one that is gone afterwards."""
    with ExitStack() as stack:
        made = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="check-")))
        made.mkdir(parents=True, exist_ok=True)
        yield Path(tempfile.mkdtemp(prefix="check-", dir=made)).absolute()


def usual_jobs() -> int:
    """Samples at once when nobody says how many."""
    return max(2, os.cpu_count() or 2)


def find_run(name: str, runs: Path | None) -> RunStore:
    """A run by its folder, by its id or the end of it, or the last one.

    Raises UsageError when there is none.
    """
    from harness.store import list_runs, open_run

    folder = runs_folder(runs)
    if Path(name).is_dir():
        try:
            return open_run(Path(name))
        except StoreError as error:
            raise UsageError(error.where, error.what, error.remedy) from error
    known = list_runs(folder)
    found = known[-1:] if name == "last" else [run for run in known if run.id.endswith(name)]
    if len(found) != 1:
        what = "there is no such run" if not found else f"{len(found)} runs end so"
        raise UsageError(f"run {name!r}", what, f"see `harness list runs` (they are in {folder})")
    return found[0]


def image_store(roots: Roots, tell: Callable[[str], None] = say) -> Images:
    """The images of all roots on the engine. Raises EngineUnavailable."""
    from harness.sandbox.engine import connect
    from harness.sandbox.images import OURS, Images

    own = {f"{OURS}{name}": path for name, path in roots.children("docker", "Dockerfile").items()}
    return Images(connect(), own, tell)


def docker_sandboxes(
    roots: Roots, tell: Callable[[str], None] = say, runtime: str | None = None
) -> DockerSandboxes:
    """Sandboxes on the machine's engine, in one of its runtimes (its default when None).

    Their images stay until this process ends: none are pruned meanwhile.

    Raises EngineUnavailable, UsageError for a runtime that the engine does not offer.
    """
    from harness.sandbox.locks import hold_images
    from harness.sandbox.machines import DockerSandboxes
    from harness.sandbox.runtimes import offered

    hold_images()
    images = image_store(roots, tell)
    if runtime is not None and runtime not in (known := offered(images.engine)):
        raise UsageError(
            f"--runtime {runtime}",
            f"the engine offers {', '.join(known)} and no other",
            "name one of these, or register it with dockerd",
        )
    return DockerSandboxes(images.engine, images, runtime)
