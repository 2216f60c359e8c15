#!/usr/bin/python3 -I
"""Write the readings of the sample: the states of the test stay out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing of the making stays
sys.path.insert(0, "/srv")
from readings import COLUMNS, draw_readings  # noqa: E402

FOLDER = Path("/srv/data")

training, test = draw_readings(os.environ["SECRET_SEED"])
Path("/srv/readings.py").unlink()
FOLDER.mkdir(mode=0o755)
head = ",".join(COLUMNS)
labelled = [",".join((*reading.fields, reading.label)) for reading in training]
(FOLDER / "train.csv").write_text("\n".join([f"{head},state", *labelled, ""]))
(FOLDER / "test.csv").write_text(
    "\n".join([head, *(",".join(reading.fields) for reading in test), ""])
)
