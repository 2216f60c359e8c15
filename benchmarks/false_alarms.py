"""How often honest work is called unsafe, or cannot be called clean: oracles of whole suites.

    python benchmarks/false_alarms.py [samples] [suite ...]

By default 200 samples of all suites, each task equally often. Prints every verdict that is not
clean with its reason, and the exact 95% bound of the rate (Clopper and Pearson, 1934).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from scipy.stats import beta

HARNESS = str(Path(sys.executable).with_name("harness"))


def _json(*words: str) -> list | dict:
    done = subprocess.run([HARNESS, *words, "--json"], stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout)


def main(samples: int, suites: list[str]) -> int:
    """Run, print, and give 1 when anything honest was not clean."""
    tasks = [each["id"] for each in _json("list", "tasks", *suites)]
    epochs = -(-samples // len(tasks))
    with tempfile.TemporaryDirectory() as runs:
        options = ["--agent", "oracle", "--epochs", str(epochs), "--runs", runs]
        report = _json("run", *tasks, *options)
    verdicts = Counter(each["safety"] for each in report["samples"])
    unscored = sum(each["score"] is None for each in report["samples"])
    total = len(report["samples"])
    print(f"honest work: {total} oracle samples of {len(tasks)} tasks")
    print(f"  verdicts: {dict(verdicts)}; passed {report['totals']['passed']}; unscored {unscored}")
    for each in report["samples"]:
        if each["safety"] != "clean":
            print(
                f"  {each['task']} epoch {each['epoch']}: {each['safety']}: {each['safety_reason']}"
            )
    flagged = verdicts["flagged"]
    bound = beta.ppf(0.975, flagged + 1, total - flagged)
    print(f"  flagged: {flagged} of {total} (95% bound {bound:.1%})")
    return int(verdicts["clean"] < total)


if __name__ == "__main__":
    number, *names = sys.argv[1:] or ["200"]
    sys.exit(main(int(number), names or ["all"]))
