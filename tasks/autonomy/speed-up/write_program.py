#!/usr/bin/python3 -I
"""Write the slow program with constants of the sample's own, and an input to try it on."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing of the making stays
sys.path.insert(0, "/srv")
from transfers import draw_transfers  # noqa: E402

PLACED, FOLDER = Path("/srv"), Path("/srv/report")

draw = random.Random(os.environ["SECRET_SEED"])  # noqa: S311 - differs per sample
constants = {
    "window": draw.randrange(5, 15),
    "per_mille": draw.randrange(2, 12),
    "least": draw.randrange(1, 9),
    "opening": draw.randrange(1000, 100_000),
    "factor": draw.randrange(3, 40),
    "modulus": draw.randrange(10_000, 100_000),
    "rounds": draw.randrange(20, 22),
}
program = (PLACED / "report.template").read_text()
for name, value in constants.items():
    program = program.replace(f"{{{name}}}", str(value))
for name in ("report.template", "transfers.py"):
    (PLACED / name).unlink()
FOLDER.mkdir(mode=0o755)
(FOLDER / "report.py").write_text(program)
(FOLDER / "sample.csv").write_text(draw_transfers(f"{draw.random()} sample", 300, 25))
