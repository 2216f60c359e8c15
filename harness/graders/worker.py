"""The process that a task's grader runs in: no network, no other programs, bounded memory.

Called as `python -m harness.graders.worker SCRIPT FD`, with pickled Evidence on standard input;
the grade goes to FD as JSON.
"""

from __future__ import annotations

import _posixsubprocess
import importlib.util
import os
import pickle
import resource
import sys
import traceback
from typing import Any

from pydantic import ValidationError

from harness.results import Grade

_MEMORY_BYTES = 4 * 1024**3
_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.spawn",
    "ctypes.dlopen",
)


def _forbid(event: str, _arguments: tuple[Any, ...]) -> None:
    """A grader is a function of its evidence: it neither calls out nor starts programs."""
    if event.startswith(_FORBIDDEN):
        msg = f"a grader may not do this ({event}); it sees its evidence only"
        raise PermissionError(msg)


def _forbid_spawning(*_arguments: Any) -> None:
    """In the place of what multiprocessing starts programs by, which raises no audit event."""
    _forbid("os.spawn", ())


def main() -> int:
    """Grade once; the exit code is 1 when the grader raised."""
    script, answers = sys.argv[1], int(sys.argv[2])
    evidence = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our own parent
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    sys.path.insert(0, os.path.dirname(script))  # noqa: PTH120 - as text, for sys.path
    sys.dont_write_bytecode = True
    found = importlib.util.spec_from_file_location("grade", script)
    if found is None or found.loader is None:
        print(f"{script} is not a Python file", file=sys.stderr)  # noqa: T201
        return 1
    module = importlib.util.module_from_spec(found)
    sys.addaudithook(_forbid)
    vars(_posixsubprocess)["fork_exec"] = _forbid_spawning
    try:
        found.loader.exec_module(module)
        grade = module.grade(evidence)
        if not isinstance(grade, Grade):
            msg = f"grade() gave {type(grade).__name__}, not harness.Grade"
            raise TypeError(msg)  # noqa: TRY301 - told like any fault of the grader
    except BaseException as error:  # noqa: BLE001 - whatever a grader does is told, not raised
        traceback.print_exc()
        if isinstance(error, ValidationError):
            print(_in_one_line(error), file=sys.stderr)  # noqa: T201
        return 1
    with os.fdopen(answers, "wb") as file:
        file.write(grade.model_dump_json().encode())
    return 0


def _in_one_line(error: ValidationError) -> str:
    """The last line of a traceback becomes the message, and pydantic's is a link."""
    fault = error.errors()[0]
    return f"{error.title}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}"


if __name__ == "__main__":
    sys.exit(main())
