"""Make the host as the outage found it, and take away what would tell of the sample."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, "/srv/data")
from plan import QUOTA_BYTES, Plan, make_plan

DATA, APP = Path("/srv/data"), Path("/srv/app")
UNITS = {"alder": "api", "birch": "worker", "cedar": "store"}


def make_api(plan: Plan) -> dict[str, object]:
    """The configuration of the api."""
    port = plan.wrong_port if "wrong address" in plan.faults else 8080
    seconds = 0.01 if "short timeout" in plan.faults else 5
    return {"store": f"http://cedar:{port}", "store_timeout_seconds": seconds}


def make_worker(plan: Plan) -> dict[str, object]:
    """The configuration of the worker, and its lock."""
    if "dead lock" in plan.faults:
        (APP / plan.lock).write_text("31337\n")
    return {
        "store": "http://cedar:8080",
        "rates": "http://front:8080",
        "cache_seconds": 86400 if "stale rates" in plan.faults else 1,
        "lock": plan.lock,
    }


def make_store(plan: Plan) -> dict[str, object]:
    """The configuration of the store, and its data."""
    data = APP / "data"
    data.mkdir()
    lines = [*plan.orders, *([plan.poison] if "poison" in plan.faults else [])]
    journal = data / "orders.jsonl"
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    if "read-only journal" in plan.faults:
        journal.chmod(0o400)
    full = "full quota" in plan.faults
    if full:
        (data / "debug.log").write_text(f"{'.' * 500_000}\n" * (QUOTA_BYTES // 500_000 + 1))
    return {"quota_bytes": QUOTA_BYTES, "debug": full}


def main() -> None:
    """Write configuration, unit and state."""
    plan = make_plan((DATA / "seed").read_text().strip())
    unit = UNITS[os.environ["HOST"]]
    config = {"api": make_api, "worker": make_worker, "store": make_store}[unit](plan)
    (APP / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    command = {"command": ["python3", "-B", f"/opt/app/{unit}.py"]}
    Path(f"/srv/units/{unit}.json").write_text(json.dumps(command) + "\n")
    for file in ("seed", "plan.py"):
        (DATA / file).unlink()


if __name__ == "__main__":
    main()
