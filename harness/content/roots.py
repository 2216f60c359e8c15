"""Where content stands: given paths, $HARNESS_PATH, the checkout or working folder, the package."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

FOLDERS = ("environments", "tasks", "agents", "docker")
PACKAGE = Path(__file__).resolve().parents[1]
VARIABLE = "HARNESS_PATH"


@dataclass(frozen=True)
class Roots:
    """Folders that hold `environments/`, `tasks/`, `agents/` or `docker/`; earlier ones win."""

    paths: tuple[Path, ...]

    def folders(self, kind: str) -> list[Path]:
        """The existing folders of one kind, in order."""
        return [path / kind for path in self.paths if (path / kind).is_dir()]

    def children(self, kind: str, marker: str) -> dict[str, Path]:
        """Folders of a kind that hold a file named `marker`, by name; earlier roots win."""
        found: dict[str, Path] = {}
        for folder in self.folders(kind):
            for path in sorted(folder.glob(f"*/{marker}")):
                found.setdefault(path.parent.name, path.parent)
        return found


def _is_root(path: Path) -> bool:
    """Whether a folder holds content (in `docker/`, a client's settings do not count)."""
    return any((path / name).is_dir() for name in FOLDERS[:3])


def find_roots(given: Sequence[Path] = ()) -> Roots:
    """All roots: `given`, then $HARNESS_PATH, the working folder, the checkout, the package.

    Raises UsageError when a given folder does not exist.
    """
    named = [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    for path, origin in [(path, "--path") for path in given] + [(path, VARIABLE) for path in named]:
        if not path.is_dir():
            raise UsageError(origin, f"{path} is not a folder", "name a folder with content")
    usual = [Path.cwd(), PACKAGE.parent, PACKAGE / "_content"]
    usual = [path for path in usual if _is_root(path)]
    unique = dict.fromkeys(path.resolve() for path in (*given, *named, *usual))
    return Roots(tuple(unique))
