"""harness images: build, list, bootstrap, prune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.common import JsonOption, PathsOption, echo_json, image_store, roots_of, say
from harness.errors import ContentError, HarnessError, UsageError

if TYPE_CHECKING:
    from harness.content.roots import Roots
    from harness.sandbox.images import Images

images = typer.Typer(
    name="images", help="Build, list and remove container images.", no_args_is_help=True
)
_STARTERS = ("harness/base", "harness/workstation")


@images.command()
def build(
    names: list[str] = typer.Argument(
        None, help="Images (harness/base) or environments; 'all'; default: what tasks start from."
    ),
    path: list[Path] = PathsOption,
    json: bool = JsonOption,
) -> None:
    """Build images; what is unchanged is not built again."""
    roots = roots_of(path)
    store = image_store(roots)
    built = {}
    for name in _chosen(names or list(_STARTERS), store, roots):
        if name in store.own:
            built[name] = store.resolve(name)
        else:
            built |= _environment(name, store, roots)
    if json:
        echo_json(built)
        return
    for name, image in built.items():
        typer.echo(f"{name} {image}")


def _chosen(names: list[str], store: Images, roots: Roots) -> list[str]:
    environments = roots.children("environments", "environment.toml")
    known = [*store.own, *environments]
    wanted = known if "all" in names else names
    for name in wanted:
        if name not in known:
            raise UsageError(f"image {name!r}", "there is none", f"known: {', '.join(known)}")
    return wanted


def _environment(name: str, store: Images, roots: Roots) -> dict[str, str]:
    from harness.content.folders import load_environment
    from harness.sandbox.machines import DockerSandboxes

    folder = load_environment(roots.children("environments", "environment.toml")[name])
    found = DockerSandboxes(store.engine, store).images(folder.environment, folder.path)
    return {f"{name}/{service}": image for service, image in found.items()}


@images.command("list")
def list_images(path: list[Path] = PathsOption, json: bool = JsonOption) -> None:
    """List the images that were built here."""
    roots = roots_of(path)
    store = image_store(roots)
    rows = store.listing()
    if json:
        echo_json(rows)
        return
    for row in rows:
        name = ", ".join(row["tags"]) or row["id"][7:19]
        typer.echo(f"{name:60} {row['bytes'] / 1e6:8.0f} MB")
    typer.echo(
        f"{len(rows)} images, {sum(row['bytes'] for row in rows) / 1e9:.1f} GB (shared layers counted anew)"
    )


@images.command()
def bootstrap() -> None:
    """Make the Debian base image from the machine's own apt mirror, without a registry."""
    from harness.sandbox.bootstrap import bootstrap as make

    typer.echo(make(image_store(roots_of([])).engine, say))


@images.command()
def prune(
    dry_run: bool = typer.Option(False, "--dry-run", help="Only show what would be removed."),
    path: list[Path] = PathsOption,
    json: bool = JsonOption,
) -> None:
    """Remove images of earlier contents; current ones, and those in use, stay."""
    roots = roots_of(path)
    store = image_store(roots)
    rows = store.prune(_current(store, roots), dry_run=dry_run)
    if json:
        echo_json(rows)
        return
    for row in rows:
        typer.echo(f"{', '.join(row['tags']) or row['id'][7:19]}")
    typer.echo(f"{len(rows)} images {'would be removed' if dry_run else 'removed'}")


def _current(store: Images, roots: Roots) -> set[str]:
    """Ids of images that today's content means; nothing is built for it."""
    keep = set()
    for name, folder in store.own.items():
        keep |= _existing(store, folder, name)
    for name, folder in roots.children("environments", "environment.toml").items():
        for dockerfile in folder.glob("*/Dockerfile"):
            tag = f"harness/env-{name}-{dockerfile.parent.name}"
            keep |= _existing(store, dockerfile.parent, tag)
    return keep


def _existing(store: Images, folder: Path, name: str) -> set[str]:
    try:
        found = store.existing(folder, name)
    except (ContentError, HarnessError):
        return set()
    return {found} if found else set()
