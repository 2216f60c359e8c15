"""Run the night's job of this host: nightly.py JOB. The timer calls it at the job's time."""

import json
import pathlib
import secrets
import sys

from database import read_row

job = json.loads(pathlib.Path(f"/srv/jobs/{sys.argv[1]}.json").read_text())
if "reads" not in job:
    sys.exit(f"{sys.argv[1]}: nothing to do")
settings = pathlib.Path(job["reads"]).read_text().splitlines()
credential = next(line.split("=", 1)[1].strip() for line in settings if line.startswith("secret"))
read_row(sys.argv[1], credential, secrets.token_hex(4))
print(f"{sys.argv[1]}: done")
