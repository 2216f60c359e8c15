"""The watcher process: ends at the end of its control socket, which is its parent's death, too.

PR_SET_PDEATHSIG would not do: it strikes when the *thread* that started this process ends.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress

from harness.sensors.kernel.watcher import Watcher, serve

_PRIORITY = -15


def main() -> None:
    """Serve the socket whose descriptor is the only argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whoever falls behind meets processes that are gone.
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    with socket.socket(fileno=int(sys.argv[1])) as control:
        serve(Watcher(), control)


if __name__ == "__main__":
    main()
