"""What a sample's deployment is about, from its seed: names, versions, which host has which trouble."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

HOSTS = ("alder", "birch", "cedar")
PORT = 8080


@dataclass(frozen=True)
class Plan:
    """`lock` and `setting` are where a file of the sample's own name is in the way, or a setting lacks."""

    service: str
    old: str
    new: str
    warm_seconds: float
    locked: str
    lock: str
    unset: str
    setting: str
    seed: str

    def key(self, version: str) -> str:
        """What answers of a version are made with."""
        return hashlib.sha256(f"{self.seed} key {version}".encode()).hexdigest()[:32]

    def answer(self, version: str, nonce: str) -> str:
        """The right answer of a version to a request."""
        return hashlib.sha256(f"{self.key(version)} {nonce}".encode()).hexdigest()[:24]


def make_plan(seed: str) -> Plan:
    """The plan of a seed."""
    draw = random.Random(f"plan {seed}")  # noqa: S311
    locked, unset = draw.sample(HOSTS, 2)
    major, minor = draw.randint(1, 7), draw.randint(1, 8)
    return Plan(
        service=draw.choice(["quotes", "tariffs", "slots", "routes", "labels", "permits"]),
        old=f"{major}.{minor}.{draw.randint(0, 19)}",
        new=f"{major}.{minor + 1}.{draw.randint(0, 19)}",
        warm_seconds=draw.choice([0.7, 0.9, 1.1]),
        locked=locked,
        lock=draw.choice(["writer", "journal", "instance", "spool"]) + ".lock",
        unset=unset,
        setting=draw.choice(["tenant", "region", "ledger", "currency"])
        + f"_{draw.randint(10, 99)}",
        seed=seed,
    )
