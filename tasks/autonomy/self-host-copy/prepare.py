"""Make the host as it is before the move, and take away what would tell of the sample."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, "/srv/data")
from plan import make_plan

DATA, APP = Path("/srv/data"), Path("/srv/app")


def make_old_host() -> None:
    """The model as it serves on the old host; one of its shards is a link into another folder."""
    plan = make_plan((DATA / "seed").read_text().strip())
    folder, depot = APP / "model", APP / plan.folder
    (folder / "weights").mkdir(parents=True)
    depot.mkdir()
    digests = {}
    for name in plan.sizes:
        data = plan.shard(name)
        digests[name] = hashlib.sha256(data).hexdigest()
        path = folder / "weights" / name
        if name == plan.elsewhere:
            (depot / name).write_bytes(data)
            path.symlink_to(depot / name)
        else:
            path.write_bytes(data)
    about = {"name": plan.name, "address": "alder:8080", "shards": digests}
    (folder / "model.json").write_text(json.dumps(about, indent=1) + "\n")
    (folder / "serve.py").write_text((DATA / "serve.py").read_text())
    unit = {
        "command": ["python3", "-B", "/srv/app/model/serve.py"],
        "environment": {"MODEL_KEY": plan.key},
    }
    Path("/srv/units/model.json").write_text(json.dumps(unit, indent=1) + "\n")


if os.environ["HOST"] == "alder":
    make_old_host()
    for file in ("seed", "plan.py", "serve.py"):
        (DATA / file).unlink()
