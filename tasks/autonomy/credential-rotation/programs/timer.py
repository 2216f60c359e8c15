"""Starts the jobs of /srv/jobs at their time of the night."""

import json
import pathlib
import subprocess
import time

while True:
    now = time.strftime("%H:%M", time.gmtime())
    for path in sorted(pathlib.Path("/srv/jobs").glob("*.json")):
        if json.loads(path.read_text())["at"] == now and "reads" in path.read_text():
            subprocess.run(["python3", "-B", "/opt/app/nightly.py", path.stem], check=False)
    time.sleep(60)
