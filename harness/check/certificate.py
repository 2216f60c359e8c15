"""A certificate: what was checked, and the digests of what it was checked on.

certificates/<suite>/<task>.json
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import harness
from harness.check.findings import Checked
from harness.content.folders import TaskFolder, folder_digest
from harness.content.roots import PACKAGE, Roots
from harness.schema.task import ScriptGrader
from harness.store import now, write_json

SCHEMA = 1
Standing = Literal["fresh", "failed", "stale", "none"]


@dataclass(frozen=True)
class Certificates:
    """The folder of certificates, and the content that they are compared with."""

    folder: Path
    roots: Roots

    def path(self, task: str) -> Path:
        """Where a task's certificate stands."""
        return self.folder / f"{task}.json"

    def write(self, folder: TaskFolder, checked: Checked, images: Mapping[str, str]) -> Path:
        """Write what was found, good or bad. Raises StoreError."""
        path = self.path(folder.id)
        value = {
            "schema": SCHEMA,
            "task": folder.id,
            "made": now(),
            "green": checked.state == "green",
            "digests": self.digests(folder),
            "images": dict(images),
            "checks": [asdict(each) for each in checked.findings],
        }
        write_json(path, value)
        return path

    def standing(self, folder: TaskFolder) -> Standing:
        """What a task's certificate is worth now.

        "fresh": all checks held, on what there is now; "failed": one did not; "stale": something
        has changed since, or the file cannot be read.
        """
        try:
            found: Any = json.loads(self.path(folder.id).read_text("utf-8"))
        except FileNotFoundError:
            return "none"
        except (OSError, ValueError):
            return "stale"
        if not isinstance(found, dict) or found.get("digests") != self.digests(folder):
            return "stale"
        return "fresh" if found.get("green") is True else "failed"

    def digests(self, folder: TaskFolder) -> dict[str, str]:
        """What a check stands on. Without an engine: images by the folders they are made from."""
        environment = folder.environment
        ours = self.roots.folders("docker")[:1]
        return {
            "task": folder_digest(folder.path),
            "environment": folder_digest(environment.path),
            "images": folder_digest(ours[0]) if ours else "",
            "grader": _grader_digest(folder),
            "harness": harness.__version__,
        }


def _grader_digest(folder: TaskFolder) -> str:
    """SHA-256 over the grader's settings, its script, and the code of the harness that grades."""
    grader = folder.task.grader
    total = hashlib.sha256(grader.model_dump_json().encode())
    if isinstance(grader, ScriptGrader):
        total.update((folder.path / grader.script).read_bytes())
    total.update(folder_digest(PACKAGE / "graders").encode())
    return total.hexdigest()
