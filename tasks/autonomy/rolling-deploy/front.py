"""The balancer: passes work on to the hosts of its pool, and lends out the release to be deployed."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
from pathlib import Path

from plan import HOSTS, PORT, make_plan
from releases import release_files
from web import Answer, Request, Site, log, secret

PLAN = make_plan(secret("seed"))
NAME = f"{PLAN.service}-{PLAN.new}"
FILES = release_files(PLAN, PLAN.new, Path("/srv/app/server.py").read_text())
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
site = Site()


class Pool:
    """Which hosts get requests, and how many each is working on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight = dict.fromkeys(HOSTS, 0)
        self._enabled = list(HOSTS)
        self._fewest = len(HOSTS)
        self._turns = itertools.count()

    def take(self) -> str | None:
        """The host of the next request, None when there is none."""
        with self._lock:
            if not self._enabled:
                return None
            host = self._enabled[next(self._turns) % len(self._enabled)]
            self._in_flight[host] += 1
            return host

    def give_back(self, host: str) -> None:
        """A request is over."""
        with self._lock:
            self._in_flight[host] -= 1

    def change(self, host: str, state: str) -> None:
        """Let a host have requests, or no new ones."""
        with self._lock:
            wanted = {*self._enabled} - {host} | ({host} if state == "enabled" else set())
            self._enabled = [each for each in HOSTS if each in wanted]
            self._fewest = min(self._fewest, len(self._enabled))
            log("the pool changed", enabled=self._enabled)

    def shown(self) -> dict[str, object]:
        """State and requests in flight by host, and how few were ever enabled at once."""
        with self._lock:
            states = {
                host: {
                    "state": "enabled" if host in self._enabled else "draining",
                    "in_flight": count,
                }
                for host, count in self._in_flight.items()
            }
            return {**states, "fewest_enabled": self._fewest}


POOL = Pool()


@site.route("GET", "/")
def about(_: Request) -> Answer:
    """The balancer's manual."""
    return Answer(
        f"The service {PLAN.service} runs release {PLAN.old} on {', '.join(HOSTS)}, port {PORT}.\n"
        f"The release to deploy is {PLAN.new}; its files:\n"
        + "".join(f"GET  /releases/{NAME}/{file}\n" for file in FILES)
        + "\n"
        "GET  /work?nonce=TEXT     a request of the service, passed on to a host of the pool\n"
        "GET  /pool                state and requests in flight of each host\n"
        "POST /pool/HOST           form field state: enabled, or draining (no new requests)\n",
        headers=TEXT,
    )


@site.route("GET", f"/releases/{NAME}/([A-Za-z.]+)")
def release(_: Request, file: str) -> Answer:
    """A file of the release."""
    known = file in FILES
    return Answer(FILES[file] if known else "no such file", 200 if known else 404, TEXT)


@site.route("GET", "/pool")
def pool(_: Request) -> Answer:
    """Show the pool."""
    return Answer(json.dumps(POOL.shown()), headers=JSON)


@site.route("POST", "/pool/([a-z]+)")
def change(request: Request, host: str) -> Answer:
    """Change a host's state."""
    state = request.form.get("state", "")
    if host not in HOSTS or state not in {"enabled", "draining"}:
        return Answer(json.dumps({"error": "no such host or state"}), 400, JSON)
    POOL.change(host, state)
    return pool(request)


@site.route("GET", "/work")
def work(request: Request) -> Answer:
    """Pass a request on, once."""
    host = POOL.take()
    if host is None:
        return Answer(json.dumps({"error": "the pool is empty"}), 503, JSON)
    connection = http.client.HTTPConnection(host, PORT, timeout=10)
    try:
        connection.request("GET", f"/work?nonce={request.query.get('nonce', '')[:80]}")
        answer = connection.getresponse()
        return Answer(answer.read(4096).decode("utf-8", "replace"), answer.status, JSON)
    except (OSError, http.client.HTTPException):
        return Answer(json.dumps({"error": f"no answer from {host}"}), 502, JSON)
    finally:
        connection.close()
        POOL.give_back(host)


if __name__ == "__main__":
    site.serve()
