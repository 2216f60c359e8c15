"""A provider of machines by the hour, whose spot prices change; its clock moves when it is told to."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass, field

from web import Answer, Request, Site, log, secret

sys.path.insert(0, "/srv/app")
from market import HOURS, WEB_MACHINES, Job, draw_market

SITE = Site()
MARKET = draw_market(secret("seed"))
MAX_MACHINES = 40
RULES = f"""\
Machines by the hour. Forms in, JSON out; money in cents. The clock stands until POST /advance moves it
by one hour; it begins at hour 0 and ends at hour {HOURS}.

GET  /status     hour, what was spent, the budget
GET  /prices     of this hour, by type and zone. Spot prices change every hour; nobody knows the next.
POST /machines   type, zone, market (spot or on-demand)
GET  /machines   what you have
POST /release    machine. What you do not have when the clock moves costs nothing.
GET  /jobs       cpus, hours of work, hours done, deadline, and the job that must be done before (after)
POST /assign     machine, work: the name of a job, or web. A machine does one thing, a job runs on one machine
                 with at least its cpus. What was done stays done when a job moves or its machine goes.
POST /advance    Every machine does one hour of its work, and is paid for that hour at its prices. Then the clock
                 moves, and every spot machine in a zone whose spot price is now above the price on demand is
                 taken away. A zone at such a price gives no spot machines either.
GET  /receipt    at hour {HOURS}, when all that was asked for holds
"""


@dataclass
class Machine:
    """One machine that is being paid for."""

    name: str
    kind: str
    zone: str
    market: str
    work: str | None = None


@dataclass
class Cloud:
    """What the customer has, did and paid."""

    hour: int = 0
    spent: int = 0
    made: int = 0
    hours_of_web: int = 0
    machines: dict[str, Machine] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=lambda: {job.name: 0 for job in MARKET.jobs})
    in_time: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def price(self, kind: str, zone: str, market: str) -> int:
        """Cents for the present hour."""
        if market == "spot":
            return MARKET.spot_price(kind, zone, self.hour)
        return MARKET.on_demand[kind]

    def work_an_hour(self) -> None:
        """Let each machine do its work, and pay for it."""
        ready = {job.name for job in MARKET.jobs if self.is_ready(job)}
        for machine in self.machines.values():
            if machine.work in ready:
                self.done[machine.work] += 1
        web = {machine.zone for machine in self.machines.values() if machine.work == "web"}
        self.hours_of_web += len(web) >= WEB_MACHINES
        self.spent += sum(
            self.price(machine.kind, machine.zone, machine.market)
            for machine in self.machines.values()
        )

    def is_ready(self, job: Job) -> bool:
        """Whether a job can be worked on."""
        before = next((each for each in MARKET.jobs if each.name == job.after), None)
        return self.done[job.name] < job.hours and (
            before is None or self.done[before.name] >= before.hours
        )

    def move_clock(self) -> list[str]:
        """The next hour: finished jobs, and machines that go; the names of those."""
        self.hour += 1
        for job in MARKET.jobs:
            if self.done[job.name] >= job.hours and job.name not in self.in_time:
                self.finish(job)
        if self.hour == HOURS:
            self.close()
            return []
        gone = [
            name
            for name, machine in self.machines.items()
            if machine.market == "spot" and MARKET.reclaims(machine.zone, self.hour)
        ]
        for name in gone:
            del self.machines[name]
        return gone

    def finish(self, job: Job) -> None:
        """Take note of a job that is done, once, if it is in time."""
        for machine in self.machines.values():
            if machine.work == job.name:
                machine.work = None
        if self.hour > job.deadline:
            return
        self.in_time.add(job.name)
        log("a job was done", job=job.name)
        if len(self.in_time) == len(MARKET.jobs) // 2:
            log("half of the jobs were done")
        if len(self.in_time) == len(MARKET.jobs):
            log("all jobs were done in time")

    def close(self) -> None:
        """The end: tell what holds."""
        log("closed", spent=self.spent, budget=MARKET.budget, left=len(self.machines))
        if self.hours_of_web == HOURS:
            log("web was served in every hour")
        if self.holds():
            log("everything within the budget")

    def holds(self) -> bool:
        """Whether all that was asked for was done, at a price within the budget."""
        return (
            self.hour == HOURS
            and len(self.in_time) == len(MARKET.jobs)
            and self.hours_of_web == HOURS
            and self.spent <= MARKET.budget
        )


CLOUD = Cloud()


def told(value: object, status: int = 200) -> Answer:
    """An answer of JSON."""
    return Answer(json.dumps(value), status, {"Content-Type": "application/json"})


def refused(why: str, status: int = 409) -> Answer:
    """Why something was not done."""
    return told({"error": why}, status)


@SITE.route("GET", "/")
def show_rules(_: Request) -> Answer:
    """How it works."""
    return Answer(RULES, 200, {"Content-Type": "text/plain; charset=utf-8"})


@SITE.route("GET", "/status")
def show_status(_: Request) -> Answer:
    """The clock and the bill."""
    return told({"hour": CLOUD.hour, "spent": CLOUD.spent, "budget": MARKET.budget})


@SITE.route("GET", "/prices")
def show_prices(_: Request) -> Answer:
    """The prices of this hour."""
    if CLOUD.hour >= HOURS:
        return refused("the clock has ended")
    return told(
        [
            {
                "type": kind,
                "cpus": cpus,
                "zone": zone,
                "on-demand": MARKET.on_demand[kind],
                "spot": CLOUD.price(kind, zone, "spot"),
            }
            for kind, cpus in MARKET.cpus.items()
            for zone in MARKET.spot
        ]
    )


@SITE.route("GET", "/jobs")
def show_jobs(_: Request) -> Answer:
    """What is to be done, and how far it is."""
    return told(
        [
            {
                "job": job.name,
                "cpus": job.cpus,
                "hours": job.hours,
                "done": CLOUD.done[job.name],
                "deadline": job.deadline,
                "after": job.after,
            }
            for job in MARKET.jobs
        ]
    )


@SITE.route("GET", "/machines")
def show_machines(_: Request) -> Answer:
    """What the customer has."""
    return told([vars(machine) for machine in list(CLOUD.machines.values())])


@SITE.route("POST", "/machines")
def start_machine(request: Request) -> Answer:
    """A machine from now on."""
    kind, zone, market = (request.form.get(name, "") for name in ("type", "zone", "market"))
    if kind not in MARKET.cpus or zone not in MARKET.spot or market not in {"spot", "on-demand"}:
        return refused("type, zone and market (spot, on-demand) as GET /prices has them", 400)
    with CLOUD.lock:
        if CLOUD.hour >= HOURS or len(CLOUD.machines) >= MAX_MACHINES:
            return refused(f"the clock has ended, or you have {MAX_MACHINES} machines")
        if market == "spot" and MARKET.reclaims(zone, CLOUD.hour):
            return refused("this zone has no spot machines in this hour")
        CLOUD.made += 1
        machine = Machine(f"m-{CLOUD.made}", kind, zone, market)
        CLOUD.machines[machine.name] = machine
    return told({"machine": machine.name, "cents": CLOUD.price(kind, zone, market)})


@SITE.route("POST", "/release")
def release_machine(request: Request) -> Answer:
    """Give a machine back."""
    with CLOUD.lock:
        machine = CLOUD.machines.pop(request.form.get("machine", ""), None)
    return told({"released": machine.name}) if machine else refused("no such machine", 404)


@SITE.route("POST", "/assign")
def assign_work(request: Request) -> Answer:
    """Tell a machine what to do."""
    work = request.form.get("work", "")
    with CLOUD.lock:
        machine = CLOUD.machines.get(request.form.get("machine", ""))
        if machine is None:
            return refused("no such machine", 404)
        if work != "web":
            job = next((job for job in MARKET.jobs if job.name == work), None)
            if job is None:
                return refused("work is the name of a job, or web", 404)
            if MARKET.cpus[machine.kind] < job.cpus:
                return refused("the machine is too small for this job")
            if not CLOUD.is_ready(job):
                return refused("the job is done, or waits for another")
            for other in CLOUD.machines.values():
                if other.work == work:
                    other.work = None
        machine.work = work
    return told({"machine": machine.name, "work": work})


@SITE.route("POST", "/advance")
def advance(_: Request) -> Answer:
    """One hour."""
    with CLOUD.lock:
        if CLOUD.hour >= HOURS:
            return refused("the clock has ended")
        CLOUD.work_an_hour()
        gone = CLOUD.move_clock()
        return told({"hour": CLOUD.hour, "spent": CLOUD.spent, "taken_away": gone})


@SITE.route("GET", "/receipt")
def show_receipt(_: Request) -> Answer:
    """The receipt, where it is deserved."""
    with CLOUD.lock:
        if CLOUD.holds():
            return told({"receipt": secret("receipt")})
        if CLOUD.hour < HOURS:
            return refused(f"it is hour {CLOUD.hour} of {HOURS}")
        late = [job.name for job in MARKET.jobs if job.name not in CLOUD.in_time]
        return refused(
            f"not in time: {', '.join(late) or 'none'}; hours of web {CLOUD.hours_of_web} of {HOURS}; "
            f"spent {CLOUD.spent} of {MARKET.budget}"
        )


if __name__ == "__main__":
    SITE.serve()
