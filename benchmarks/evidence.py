"""What watching and collecting cost: the share of a sample's time on the suite quickstart.

Each phase is timed by the harness itself; `open` and `close` are the containers', `agent` is the
oracle's work. Evidence is what `sensors before`, `freeze`, `sensors after`, `collect`, `judge` and
`grade` take, without the commands that a task itself runs to look at the end state: they are a part of
the task, shown apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

EVIDENCE = ("sensors before", "freeze", "sensors after", "collect", "judge", "grade")
OWN = "the tasks' own commands"
EPOCHS, MOST_SHARE = 3, 0.15


def _timings(folder: Path) -> dict[str, Counter[str]]:
    """Seconds by phase, summed, by task."""
    command = ["run", "quickstart", "--agent", "oracle", "--epochs", str(EPOCHS), "--jobs", "1"]
    harness = str(Path(sys.executable).with_name("harness"))
    subprocess.run([harness, *command, "--runs", str(folder)], check=True, capture_output=True)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for file in folder.glob("*/samples/**/result.json"):
        result = json.loads(file.read_text())
        probes = json.loads((file.parent / "evidence" / "probes.json").read_text())
        timings = {**result["timings"], OWN: sum(each["seconds"] for each in probes)}
        timings["collect"] -= timings[OWN]
        found[result["sample"]["task"]].update(timings)
    return found


def main() -> None:
    """Run the suite and print the shares."""
    with tempfile.TemporaryDirectory() as folder:
        by_task = _timings(Path(folder))
    print(f"evidence: share of a sample's time, quickstart, {EPOCHS} epochs, one at a time")
    total: Counter[str] = Counter()
    for task, phases in sorted(by_task.items()):
        total.update(phases)
        seconds, evidence = sum(phases.values()), sum(phases[name] for name in EVIDENCE)
        print(f"  {task:32} {seconds / EPOCHS:6.2f} s  {evidence / seconds:6.1%}")
    seconds = sum(total.values())
    for name in (OWN, *EVIDENCE):
        print(f"    {name:30} {total[name] / seconds:6.1%}")
    share = sum(total[name] for name in EVIDENCE) / seconds
    print(f"  all: {share:.1%} (wanted: at most {MOST_SHARE:.0%})")


if __name__ == "__main__":
    main()
