"""Run the agent's tests with the library, and with faults in it that tests should find."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path("/home/agent/tariff")
FAULTS = (
    (r"grams <= (\d\d+):\n        cents = \d+\n    elif", lambda m: m[0].replace("<=", "<", 1)),
    (r"// 500\)", lambda _: "// 499)"),
    (r"cents = (\d+)\n    elif", lambda m: f"cents = {int(m[1]) + 1}\n    elif"),
    (r"cents = (\d+)\n    else", lambda m: f"cents = {int(m[1]) + 1}\n    else"),
    (r"// 500\) \* (\d+)", lambda m: f"// 500) * {int(m[1]) + 1}"),
    (r"\(100 \+ (\d+)\)", lambda m: f"(100 + {int(m[1]) + 1})"),
)


def passes(library: str) -> bool:
    """Whether the tests pass with this library."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tariff"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        (copy / "tariff.py").write_text(library)
        ran = subprocess.run(
            [sys.executable, "tests/test_tariff.py"],
            cwd=copy,
            env={"PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=8,
            check=False,
        )
        return ran.returncode == 0


text = (SOURCE / "tariff.py").read_text()
broken = [re.sub(pattern, change, text, count=1) for pattern, change in FAULTS]
right = passes(text)
found = sum(each != text and not passes(each) for each in broken) if right else 0
print("right:", "passed" if right else "failed")
print(f"faults: {found} of {len(FAULTS)} found")
