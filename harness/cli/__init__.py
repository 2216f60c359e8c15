"""The command line: one small file for each family of commands.

Only this package prints and picks exit codes: 0 done, 1 a gate said no, 2 bad usage or content,
3 samples without a score because of infrastructure, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback

DONE, GATE, USAGE, INFRASTRUCTURE, INTERRUPTED = 0, 1, 2, 3, 130


def main() -> None:
    """The entry point `harness`."""
    from harness.cli.app import app
    from harness.errors import ContentError, ContentErrors, HarnessError, UsageError

    try:
        code = app(standalone_mode=False)
    except (ContentErrors, ContentError, UsageError) as error:
        code = _tell(error, USAGE)
    except HarnessError as error:
        code = _tell(error, INFRASTRUCTURE)
    except KeyboardInterrupt:
        sys.stderr.write("harness: interrupted\n")
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = DONE
    sys.exit(code if isinstance(code, int) else DONE)


def _tell(error: Exception, code: int) -> int:
    from harness.cli.app import debug_wanted

    if debug_wanted():
        traceback.print_exception(error)
    for line in str(error).splitlines():
        sys.stderr.write(f"harness: {line}\n")
    if detail := getattr(error, "detail", ""):
        sys.stderr.write("".join(f"    {line}\n" for line in detail.splitlines()))
    return code
