"""What `harness --help` costs in processor time, and what it imports."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from pathlib import Path

RUNS = 7
HARNESS = str(Path(sys.executable).with_name("harness"))
HEAVY = ("anthropic", "docker", "pydantic", "scipy", "rich")


def cpu_seconds() -> float:
    """User and system time of one call."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([HARNESS, "--help"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def imported() -> list[str]:
    """Which of the heavy packages it imports."""
    code = (
        "import sys; sys.argv = ['harness', '--help']\n"
        "from harness.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [name for name in HEAVY if f"'{name}'" in done.stderr]


def main() -> None:
    """Print the median."""
    cpu_seconds()
    median = statistics.median(cpu_seconds() for _ in range(RUNS))
    print(f"harness --help, median of {RUNS}")
    print(f"  processor time {median:.3f} s   (wanted: <= 0.3)")
    print(f"  imports of {', '.join(HEAVY)}: {', '.join(imported()) or 'none'}")


if __name__ == "__main__":
    main()
