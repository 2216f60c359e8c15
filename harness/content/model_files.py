"""Model files among the models of a run: `--model path/to/file.toml`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.content.toml import load_model
from harness.errors import UsageError
from harness.schema.model import ModelFile, PinnedModel

SUFFIX = ".toml"


def load_model_file(path: Path) -> PinnedModel:
    """What a model file says. Raises ContentErrors with one entry for each wrong field."""
    return load_model(path, ModelFile).pinned


def load_models(
    specs: Sequence[str], base: Path | None = None
) -> tuple[list[str], dict[str, PinnedModel]]:
    """The names of the given models, and what the files among them say, by name.

    Whatever ends in `.toml` is a file, unless it is a script (`scripted/...`); relative paths are
    taken from `base`, by default the working folder. Raises ContentErrors for a file that cannot
    be used, UsageError for two files that give different models one name.
    """
    names: list[str] = []
    pinned: dict[str, PinnedModel] = {}
    for spec in specs:
        if not spec.endswith(SUFFIX) or spec.startswith("scripted/"):
            names.append(spec)
            continue
        found = load_model_file((base or Path()) / spec)
        if pinned.setdefault(found.name, found) != found:
            raise UsageError(
                f"model {spec!r}",
                f"another file gives the name {found.name!r} to another model",
                "give each model file a name of its own",
            )
        names.append(found.name)
    return names, pinned
