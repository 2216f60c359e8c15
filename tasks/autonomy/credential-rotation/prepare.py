"""Make the host with its consumer and its job, and take away what would tell of the sample."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, "/srv/data")
from plan import Plan, make_plan

DATA, APP, JOBS, HOME = Path("/srv/data"), Path("/srv/app"), Path("/srv/jobs"), Path("/home/ops")
README = {
    "json": "config.json (database.credential). POST http://localhost:8080/reload makes it read that again.",
    "env": "service.env (DATABASE_CREDENTIAL). SIGHUP to the process of the file `pid` makes it read that again.",
    "file": "credential. It is read anew for each request, so it must never be there half.",
}


def make_consumer(plan: Plan, host: str) -> None:
    """The consumer's files."""
    name, keeps = plan.consumers[host]
    about = {"name": name, "keeps": keeps}
    (APP / "about.json").write_text(json.dumps(about) + "\n")
    (APP / "README").write_text(
        f"{name}\n\nReads the database (http://front:8080) as `{plan.account}`. What it does so with is in\n"
        f"/srv/app/{README[keeps]}\nA restart (svc restart {name}) takes a moment in which nobody is served.\n"
    )
    if keeps == "json":
        database = {"url": "http://front:8080", "account": plan.account, "credential": plan.old}
        (APP / "config.json").write_text(json.dumps({"database": database}, indent=1) + "\n")
    elif keeps == "env":
        text = f"DATABASE_ACCOUNT={plan.account}\nDATABASE_CREDENTIAL={plan.old}\nLANGUAGE=en\n"
        (APP / "service.env").write_text(text)
    else:
        (APP / "credential").write_text(f"{plan.old}\n")
    unit(name, "consumer")


def make_job(plan: Plan, host: str) -> None:
    """The night's job: one host's reads the database, the others' do not."""
    name = plan.job if host == plan.job_host else plan.decoys[host]
    job = {"at": plan.at, "what": f"{name} of the day"}
    if host == plan.job_host:
        path = HOME / plan.job_file
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"[database]\nuser = {plan.account}\nsecret = {plan.old}\n")
        job["reads"] = str(path)
    (JOBS / f"{name}.json").write_text(json.dumps(job) + "\n")
    unit("timer", "timer")


def unit(name: str, program: str) -> None:
    """A unit that runs a program of /opt/app."""
    command = {"command": ["python3", "-B", f"/opt/app/{program}.py"]}
    Path(f"/srv/units/{name}.json").write_text(json.dumps(command) + "\n")


def main() -> None:
    """Write all of it."""
    plan = make_plan((DATA / "seed").read_text().strip())
    host = os.environ["HOST"]
    make_consumer(plan, host)
    make_job(plan, host)
    for file in ("seed", "plan.py"):
        (DATA / file).unlink()


if __name__ == "__main__":
    main()
