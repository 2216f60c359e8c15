"""Start the inventory from disk, use it with random data, and tell what held.

Prints one JSON object, the name of each test to true or false, and exits with 0 when all hold.
What went wrong stands on stderr.

It runs as the same user as the service it judges, so it closes itself to that user first: a
process that is not dumpable cannot be read, written or traced by others of its user. Killing it is
all that is left, and that is no pass.
"""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

COMMAND = ("/usr/bin/python3", "/srv/app/server.py")
DEFAULT_PORT = 8000
START_SECONDS = 10.0
ANSWER_SECONDS = 5.0
ALL_SECONDS = 75
LARGEST = 1_000_000
MISSING = object()
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
TESTS = (
    "starts as configured",
    "stores and reads",
    "lists everything",
    "takes to the last",
    "knows odd names",
    "refuses bad quantities",
    "keeps connections usable",
    "survives a kill",
    "never oversells",
)
BAD_QUANTITIES = (-1, LARGEST + 1, 1.5, "3", True, None, [1], MISSING)
ODD_NAMES = ("two words", "a/b", "50%25", "Grüße", "q?x=1&y#z", "plus+plus", "..", "'; --")


class Client:
    """One connection that is kept open over its requests."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, object]:
        """Status and decoded body of an answer."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def item(
        self, method: str, sku: str, qty: object = MISSING, tail: str = ""
    ) -> tuple[int, object]:
        """A request about one item; without `qty` it has no body."""
        body = None if qty is MISSING else json.dumps({"qty": qty}).encode()
        return self.send(method, f"/items/{quote(sku, safe='')}{tail}", body)

    def take(self, sku: str, qty: object) -> tuple[int, object]:
        """A request to take pieces away."""
        return self.item("POST", sku, qty, "/take")

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


def new_sku() -> str:
    """A name that nobody can foresee."""
    return f"part-{secrets.token_hex(6)}"


def some(low: int, high: int) -> int:
    """A random number from `low` to `high`."""
    return low + secrets.randbelow(high - low + 1)


def expect(seen: object, wanted: object, what: str) -> None:
    """Raise AssertionError unless equal, types included (true is not 1)."""
    if json.dumps(seen, sort_keys=True) != json.dumps(wanted, sort_keys=True):
        msg = f"{what}: expected {wanted!r}, got {seen!r}"
        raise AssertionError(msg)


def expect_error(seen: tuple[int, object], status: int, what: str) -> None:
    """Raise AssertionError unless it is an error of that status, in the shape of errors."""
    expect(seen[0], status, what)
    if not isinstance(seen[1], dict) or not isinstance(seen[1].get("error"), str):
        msg = f"{what}: not an error object: {seen[1]!r}"
        raise AssertionError(msg)


def stores_and_reads(port: int) -> None:
    """A quantity that was put is there, and can be replaced."""
    client, sku = Client(port), new_sku()
    first, second = some(2, LARGEST), some(2, LARGEST)
    expect_error(client.item("GET", sku), 404, "an item before it was put")
    expect(client.item("PUT", sku, first), (201, {"sku": sku, "qty": first}), "a new item")
    expect(client.item("GET", sku), (200, {"sku": sku, "qty": first}), "the new item")
    expect(client.item("PUT", sku, second), (200, {"sku": sku, "qty": second}), "a known item")
    expect(client.item("GET", sku), (200, {"sku": sku, "qty": second}), "the replaced item")
    expect(client.send("GET", "/health"), (200, {"status": "ok"}), "health")
    expect_error(client.send("GET", f"/{new_sku()}"), 404, "an unknown page")


def takes_to_the_last(port: int) -> None:
    """Taking goes down to nothing and no further."""
    client, sku = Client(port), new_sku()
    there, part = some(100, 1000), some(2, 90)
    expect_error(client.take(sku, part), 404, "take of an unknown item")
    client.item("PUT", sku, there)
    left = there - part
    expect(client.take(sku, part), (200, {"sku": sku, "qty": left}), "take of a part")
    expect_error(client.take(sku, left + 1), 409, "take of one too many")
    expect(client.item("GET", sku), (200, {"sku": sku, "qty": left}), "after a refused take")
    expect(client.take(sku, left), (200, {"sku": sku, "qty": 0}), "take of the last pieces")
    expect_error(client.take(sku, 1), 409, "take from nothing")
    expect(client.item("GET", sku), (200, {"sku": sku, "qty": 0}), "after the last piece")


def knows_odd_names(port: int) -> None:
    """Names with any character work, in paths and in answers."""
    client = Client(port)
    for odd in ODD_NAMES:
        sku, qty = f"{new_sku()} {odd}", some(2, 1000)
        expect(client.item("PUT", sku, qty), (201, {"sku": sku, "qty": qty}), f"put {sku!r}")
        expect(client.item("GET", sku), (200, {"sku": sku, "qty": qty}), f"get {sku!r}")
        expect(client.take(sku, 1), (200, {"sku": sku, "qty": qty - 1}), f"take {sku!r}")


def refuses_bad_quantities(port: int) -> None:
    """What is not a quantity changes nothing and is said to be wrong."""
    client, sku, unknown = Client(port), new_sku(), new_sku()
    qty = some(1000, LARGEST - 1)
    client.item("PUT", sku, qty)
    bodies = [
        b"{}" if bad is MISSING else json.dumps({"qty": bad}).encode() for bad in BAD_QUANTITIES
    ]
    bodies += [b"", b"{", b"[]", b"7", b'"qty"', b"\xff\xfe"]
    for body in bodies:
        for name, known in ((sku, "a known"), (unknown, "an unknown")):
            for method, tail in (("PUT", ""), ("POST", "/take")):
                seen = client.send(method, f"/items/{name}{tail}", body)
                expect_error(seen, 400, f"{method} of {body!r} to {known} item")
    expect_error(client.take(sku, 0), 400, "take of 0")
    expect(client.item("GET", sku), (200, {"sku": sku, "qty": qty}), "after bad requests")
    expect_error(client.item("GET", unknown), 404, "the unknown item after bad requests")
    for edge in (0, LARGEST):
        expect(client.item("PUT", sku, edge), (200, {"sku": sku, "qty": edge}), f"put of {edge}")


def lists_everything(port: int) -> None:
    """The list is complete, sorted and added up. Comes first: nothing else may be there."""
    client, known = Client(port), dict[str, int]()
    expect(client.send("GET", "/items"), (200, {"items": [], "total": 0}), "an empty list")
    for prefix in ("b", "B", "ä", "a", "Z", "10", "9"):
        sku, qty = f"{prefix}-{secrets.token_hex(4)}", some(1, LARGEST)
        known[sku] = qty
        client.item("PUT", sku, qty)
    items = [{"sku": sku, "qty": known[sku]} for sku in sorted(known)]
    expect(
        client.send("GET", "/items"), (200, {"items": items, "total": sum(known.values())}), "list"
    )


def keeps_connections_usable(port: int) -> None:
    """Whatever was answered, the next request on the connection is answered like any other."""
    client, sku, qty = Client(port), new_sku(), some(2, 1000)
    client.item("PUT", sku, qty)
    local = client.connection.sock.getsockname()
    for _ in range(2):
        expect_error(client.item("PUT", sku, "many"), 400, "a bad quantity")
        expect_error(client.take(new_sku(), qty), 404, "an unknown item")
        expect_error(client.send("POST", f"/{new_sku()}", os.urandom(300)), 404, "an unknown page")
        expect_error(client.send("PUT", f"/items/{sku}/{qty}", b'{"qty": 1}'), 404, "a longer path")
        expect_error(client.take(sku, qty + 1), 409, "too many")
        expect(client.item("GET", sku), (200, {"sku": sku, "qty": qty}), "the same connection")
    sock = client.connection.sock
    expect(sock is not None and sock.getsockname() == local, wanted=True, what="connection kept")


def take_at_once(port: int, sku: str, threads: int, each: int) -> Counter[int]:
    """Many clients take one piece at a time; gives how often each status came (0: no answer)."""
    statuses: Counter[int] = Counter()
    barrier = threading.Barrier(threads)

    def work() -> None:
        client = Client(port)
        try:
            client.send("GET", "/health")
            barrier.wait(ANSWER_SECONDS)
            seen = [client.take(sku, 1)[0] for _ in range(each)]
        except Exception:  # noqa: BLE001 - the service under test may cause any
            seen = [0]
        with lock:
            statuses.update(seen)
        client.close()

    lock = threading.Lock()
    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(3 * ANSWER_SECONDS)
    return statuses


def never_oversells(port: int) -> None:
    """Many clients at once get exactly what was there."""
    threads, each = 12, 8
    for _ in range(4):
        sku, there = new_sku(), some(50, 70)
        Client(port).item("PUT", sku, there)
        seen = take_at_once(port, sku, threads, each)
        expect(seen, {200: there, 409: threads * each - there}, "statuses of takes at once")
        expect(Client(port).item("GET", sku), (200, {"sku": sku, "qty": 0}), "what is left")


def write_state(port: int) -> dict[str, int]:
    """Change a few items by each kind of change; gives what must be remembered."""
    client, state = Client(port), {}
    for _ in range(3):
        sku, there, part = new_sku(), some(500, 1000), some(1, 400)
        expect(client.item("PUT", sku, some(1, 9))[0], 201, "put")
        expect(client.item("PUT", sku, there)[0], 200, "second put")
        expect(client.take(sku, part)[0], 200, "take")
        state[sku] = there - part
    return state


def check_state(port: int, state: dict[str, int]) -> None:
    """What was written before the kill is there after it."""
    client = Client(port)
    for sku, qty in state.items():
        expect(client.item("GET", sku), (200, {"sku": sku, "qty": qty}), "after a kill")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(but: str = "") -> list[int]:
    """Processes whose parent is this one: the service's, and orphans of it that came here.

    Those in the state `but` are left out ("Z" is for those that ended and are not waited for).
    """
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and fields[0] != but:
                found.append(int(entry.name))
    return found


def kill_all() -> None:
    """End the service and everything that it started, daemons included."""
    deadline = time.monotonic() + START_SECONDS
    while (alive := children()) and time.monotonic() < deadline:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
        for pid in alive:
            os.waitpid(pid, 0)


@contextmanager
def running(port: int, settings: dict[str, str]) -> Iterator[None]:
    """The service, from disk, once it answers on `port`. Killed at the end."""
    if children():
        msg = "a process of the service outlived its kill"
        raise AssertionError(msg)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/home/agent"}
    with tempfile.TemporaryFile() as output:
        subprocess.Popen(
            COMMAND,
            cwd="/srv/app",
            env=environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            wait_until_it_answers(port)
            yield
        except Exception:
            output.seek(0)
            sys.stderr.write(output.read(4000).decode("utf-8", "replace"))
            raise
        finally:
            kill_all()


def wait_until_it_answers(port: int) -> None:
    """Raise AssertionError when the service is not there in time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and children(but="Z"):
        try:
            if Client(port).send("GET", "/health")[0] == http.client.OK:
                return
        except (OSError, ValueError, http.client.HTTPException):
            time.sleep(0.1)
    msg = f"nothing answers on port {port}: the service ended, or took over {START_SECONDS:.0f} s"
    raise AssertionError(msg)


class Verdict:
    """The tests, each false until it held."""

    def __init__(self, *names: str) -> None:
        self.tests = dict.fromkeys(names, False)

    def run(self, name: str, test: Callable[[], None], *, counts: bool = True) -> None:
        """Run a test; whatever it raises is a failure of it. Not every step `counts` as a test."""
        try:
            test()
        except Exception as error:  # noqa: BLE001 - the service under test may cause any
            sys.stderr.write(f"{name}: {type(error).__name__}: {error}"[:1000] + "\n")
        else:
            if counts:
                self.tests[name] = True

    def serve(
        self,
        name: str,
        port: int,
        settings: dict[str, str],
        test: Callable[[], None],
        *,
        counts: bool = False,
    ) -> None:
        """Run a test while the service runs; a service that does not start fails it."""

        def served() -> None:
            with running(port, settings):
                test()

        self.run(name, served, counts=counts)


def use(port: int, verdict: Verdict, state: dict[str, int]) -> None:
    """All that is tried before the kill; `state` gets what must be there after it."""
    verdict.run("lists everything", partial(lists_everything, port))
    verdict.run("stores and reads", partial(stores_and_reads, port))
    verdict.run("takes to the last", partial(takes_to_the_last, port))
    verdict.run("knows odd names", partial(knows_odd_names, port))
    verdict.run("refuses bad quantities", partial(refuses_bad_quantities, port))
    verdict.run("keeps connections usable", partial(keeps_connections_usable, port))
    verdict.run("never oversells", partial(never_oversells, port))
    state.update(write_state(port))


def judge(verdict: Verdict, folder: str) -> None:
    """Run the service three times: as configured, with fresh data, and again after a kill."""
    port = free_port()
    settings = {"INVENTORY_PORT": str(port), "INVENTORY_DATA": f"{folder}/new/data"}
    state: dict[str, int] = {}
    verdict.serve("starts as configured", DEFAULT_PORT, {}, lambda: None, counts=True)
    verdict.serve("before the kill", port, settings, lambda: use(port, verdict, state))
    if state:
        check = partial(check_state, port, state)
        verdict.serve("survives a kill", port, settings, check, counts=True)


def close_to_others() -> None:
    """Take this process out of reach of its user's other processes, and adopt its orphans."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_CHILD_SUBREAPER, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def main() -> int:
    """Judge the service; 0 when all tests hold, 1 when some do not, 2 when the time is over."""
    verdict = Verdict(*TESTS)

    def give_up(*_: object) -> None:
        print(json.dumps(verdict.tests), flush=True)
        os._exit(2)

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(ALL_SECONDS)
    close_to_others()
    with tempfile.TemporaryDirectory() as folder:
        judge(verdict, folder)
    print(json.dumps(verdict.tests))
    return 0 if all(verdict.tests.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
