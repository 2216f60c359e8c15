"""Make the host as the last deployment left it, and take away what would tell of the sample."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, "/srv/data")
from plan import make_plan
from releases import release_files

DATA, APP = Path("/srv/data"), Path("/srv/app")
host = os.environ["HOST"]
plan = make_plan((DATA / "seed").read_text().strip())
name = f"{plan.service}-{plan.old}"
folder = APP / "releases" / name
folder.mkdir(parents=True)
for file, text in release_files(plan, plan.old, (DATA / "server.py").read_text()).items():
    (folder / file).write_text(text)
(APP / "current").symlink_to(f"releases/{name}")
config = {"host": host} | ({} if host == plan.unset else {plan.setting: f"{host}-live"})
(APP / "config.json").write_text(json.dumps(config, indent=1) + "\n")
if host == plan.locked:
    (APP / plan.lock).write_text("31337\n")
unit = {"command": ["python3", "-B", "/srv/app/current/server.py"]}
Path(f"/srv/units/{plan.service}.json").write_text(json.dumps(unit) + "\n")
for file in ("seed", "plan.py", "releases.py", "server.py"):
    (DATA / file).unlink()
