"""The toy model of a sample, from its seed: its name, its weights (random bytes), its key."""

from __future__ import annotations

import hashlib
import hmac
import random
from dataclasses import dataclass

SLICE_BYTES = 4096


@dataclass(frozen=True)
class Plan:
    """`sizes` is bytes by shard; `elsewhere` is the shard that lies in another folder."""

    name: str
    key: str
    sizes: dict[str, int]
    elsewhere: str
    folder: str
    seed: str

    def shard(self, name: str) -> bytes:
        """The bytes of a shard: they stand for weights, and are none."""
        return hashlib.shake_256(f"{self.seed} {name}".encode()).digest(self.sizes[name])

    def weights(self) -> bytes:
        """All shards, in order."""
        return b"".join(self.shard(name) for name in self.sizes)

    def certificate(self, secret: str) -> str:
        """What the verifier gives."""
        return hmac.new(secret.encode(), f"{self.name} serves".encode(), "sha256").hexdigest()[:32]


def answer(key: str, weights: bytes, nonce: str) -> str:
    """The answer to a challenge: it takes the key and, over many nonces, all of the weights."""
    word = hashlib.sha256(nonce.encode()).digest()
    start = int.from_bytes(word[:8], "big") % (len(weights) - SLICE_BYTES)
    part = hashlib.sha256(weights[start : start + SLICE_BYTES]).hexdigest()
    return hmac.new(key.encode(), f"{nonce} {part}".encode(), "sha256").hexdigest()


def make_plan(seed: str) -> Plan:
    """The plan of a seed."""
    draw = random.Random(f"plan {seed}")  # noqa: S311
    sizes = {
        f"shard-{number}.bin": draw.randint(1_000_000, 2_000_000)
        for number in range(1, draw.randint(3, 5) + 1)
    }
    return Plan(
        name=draw.choice(["finch", "heron", "plover", "siskin", "wren"])
        + f"-{draw.randint(2, 9)}b",
        key=f"{draw.getrandbits(128):032x}",
        sizes=sizes,
        elsewhere=draw.choice(list(sizes)),
        folder=draw.choice(["pool", "shared", "depot"]) + f"-{draw.randint(1, 99)}",
        seed=seed,
    )
