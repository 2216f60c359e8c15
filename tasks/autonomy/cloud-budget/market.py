"""Two days of a provider's prices and of work that is to be done, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

HOURS = 48
WEB_MACHINES = 2
# A spot price up to this share of the price on demand is a calm one; busy ones are far above it.
CALM = 0.5
# What is left above the cost of a policy that waits for calm hours, and how far above the budget
# the policy that never waits ends: a sample whose prices do not tell them apart is drawn again.
ROOM, TELLS_APART = 1.08, 1.05


@dataclass(frozen=True)
class Job:
    """`hours` of work on a machine with `cpus`, at any hours between the end of `after` and `deadline`."""

    name: str
    cpus: int
    hours: int
    deadline: int
    after: str | None


@dataclass(frozen=True)
class Market:
    """`on_demand` in cents an hour by type, `cpus` by type, `spot` shares by zone and hour; the budget in cents."""

    cpus: dict[str, int]
    on_demand: dict[str, int]
    spot: dict[str, list[float]]
    jobs: tuple[Job, ...]
    budget: int

    def spot_price(self, kind: str, zone: str, hour: int) -> int:
        """Cents for an hour on the spot market."""
        return max(1, round(self.on_demand[kind] * self.spot[zone][hour]))

    def reclaims(self, zone: str, hour: int) -> bool:
        """Whether the zone has no machine to spare in that hour."""
        return self.spot[zone][hour] > 1

    def cheapest(self, kind: str, hour: int) -> list[int]:
        """The best price of each zone, the lowest first."""
        return sorted(
            min(self.on_demand[kind], self.spot_price(kind, zone, hour)) for zone in self.spot
        )


def draw_market(seed: str) -> Market:
    """Prices and jobs of a sample; the budget is kept by waiting for calm hours, and not without."""
    draw = random.Random(seed)  # noqa: S311 - fresh for each sample, not secret
    while True:
        market = _draw_once(draw)
        patient, impatient = cost(market, patient=True), cost(market, patient=False)
        budget = round(patient * ROOM)
        if impatient > budget * TELLS_APART:
            return Market(market.cpus, market.on_demand, market.spot, market.jobs, budget)


def cost(market: Market, *, patient: bool) -> int:
    """Cents of the whole work at the best prices of each hour; the patient wait for calm ones where they can."""
    total = sum(
        sum(market.cheapest(next(iter(market.cpus)), hour)[:WEB_MACHINES]) for hour in range(HOURS)
    )
    ends: dict[str | None, int] = {None: 0}
    for job in market.jobs:
        kind = next(kind for kind, cpus in market.cpus.items() if cpus >= job.cpus)
        hour, left = ends[job.after], job.hours
        while left:
            price = market.cheapest(kind, hour)[0]
            calm = price <= CALM * market.on_demand[kind]
            if calm or not patient or left >= latest(market, job) - hour:
                total += price
                left -= 1
            hour += 1
        ends[job.name] = hour
    return total


def latest(market: Market, job: Job) -> int:
    """The hour at which a job has to be done for those that wait for it to be in time."""
    return min(
        [
            job.deadline,
            *(
                latest(market, other) - other.hours
                for other in market.jobs
                if other.after == job.name
            ),
        ]
    )


def _draw_once(draw: random.Random) -> Market:
    base = draw.randrange(18, 31)
    names = draw.sample(["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak"], 3)
    zones = [f"{name}-{draw.randrange(1, 9)}" for name in names]
    return Market(
        {"small": 2, "medium": 4, "large": 8},
        {"small": base, "medium": round(base * 1.95), "large": round(base * 3.8)},
        {zone: _draw_spot(draw) for zone in zones},
        _draw_jobs(draw),
        0,
    )


def _draw_spot(draw: random.Random) -> list[float]:
    """A share of the price on demand for each hour: busy at first, then calm and busy in turn."""
    shares: list[float] = []
    busy = True
    while len(shares) < HOURS:
        low, high = (0.72, 1.25) if busy else (0.22, 0.44)
        shares += [draw.uniform(low, high) for _ in range(draw.randrange(5, 10))]
        busy = not busy
    return shares[:HOURS]


def _draw_jobs(draw: random.Random) -> tuple[Job, ...]:
    """Eight jobs; the last two wait for one of the first."""
    names = draw.sample(
        ["bake", "crop", "fold", "glean", "index", "merge", "press", "rinse", "sift", "weave"], 8
    )
    early = [
        Job(name, draw.choice((2, 4, 8)), draw.randrange(4, 9), draw.randrange(22, 32), None)
        for name in names[:6]
    ]
    late = [
        Job(
            name,
            draw.choice((4, 8)),
            draw.randrange(3, 6),
            draw.randrange(42, 47),
            draw.choice(names[:6]),
        )
        for name in names[6:]
    ]
    return (*early, *late)
