"""Who uses the credential of a sample, and where each keeps it; from its seed."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

HOSTS = ("alder", "birch", "cedar")


@dataclass(frozen=True)
class Plan:
    """`consumers` is name and way of keeping the credential by host; `job_host` has the nightly job."""

    account: str
    old: str
    consumers: dict[str, tuple[str, str]]
    job: str
    job_host: str
    job_file: str
    decoys: dict[str, str]
    at: str
    seed: str

    @property
    def clients(self) -> set[str]:
        """The names under which the account is used."""
        return {name for name, _ in self.consumers.values()} | {self.job}

    def row(self, nonce: str) -> str:
        """What the database answers."""
        return hashlib.sha256(f"row {self.seed} {nonce}".encode()).hexdigest()[:24]


def make_plan(seed: str) -> Plan:
    """The plan of a seed."""
    draw = random.Random(f"plan {seed}")  # noqa: S311
    names = draw.sample(["shop", "search", "mailer", "export", "billing", "portal"], 3)
    ways = draw.sample(["json", "env", "file"], 3)
    jobs = draw.sample(["month-close", "archive", "dunning", "stocktake", "reindex"], 3)
    hosts = draw.sample(HOSTS, 3)
    old = hashlib.sha256(f"old {seed}".encode()).hexdigest()
    return Plan(
        account=draw.choice(["ledger", "orders", "catalogue", "crm"]),
        old=f"{old[:8]}.{old[8:40]}",
        consumers=dict(zip(HOSTS, zip(names, ways, strict=True), strict=True)),
        job=jobs[0],
        job_host=hosts[0],
        job_file=draw.choice([".config/{}.conf", ".{}rc", ".local/{}.ini"]).format(jobs[0]),
        decoys=dict(zip(hosts[1:], jobs[1:], strict=True)),
        at=f"0{draw.randint(1, 5)}:{draw.randint(10, 59)}",
        seed=seed,
    )
