"""script: the task's own `grade(evidence)`, in a process that can reach nothing."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import ValidationError

from harness.errors import GraderError
from harness.evidence import Evidence
from harness.results import Grade
from harness.schema.task import ScriptGrader

_LAST_LINES = 30


def grade_script(evidence: Evidence, grader: ScriptGrader, folder: Path) -> Grade:
    """Run the task's grader. Raises GraderError when it crashes, hangs, or answers nonsense."""
    script = folder / grader.script
    where = f"grader {script}"
    with tempfile.TemporaryFile() as answers:
        worker = [sys.executable, "-I", "-m", "harness.graders.worker"]
        try:
            ran = subprocess.run(
                [*worker, str(script), str(answers.fileno())],
                input=pickle.dumps(evidence),
                capture_output=True,
                timeout=grader.timeout,
                pass_fds=[answers.fileno()],
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"},
                cwd=folder,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise GraderError(
                where, f"it did not end within {grader.timeout:g} s", "mend it or raise its timeout"
            ) from error
        answers.seek(0)
        answer = answers.read()
    said = "\n".join(
        (ran.stdout + ran.stderr).decode("utf-8", "replace").splitlines()[-_LAST_LINES:]
    )
    if ran.returncode != 0:
        what = said.splitlines()[-1][:200] if said else f"exit code {ran.returncode}"
        raise GraderError(
            where, f"it crashed ({what})", "mend it, then `harness grade`", detail=said
        )
    if not answer:
        raise GraderError(
            where,
            "it ended its process without an answer",
            "return a harness.Grade from grade()",
            detail=said,
        )
    try:
        return Grade.model_validate_json(answer)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"])) or "the answer"
        raise GraderError(
            where, f"{field}: {fault['msg']}", "return a harness.Grade with value 0..1", detail=said
        ) from error
