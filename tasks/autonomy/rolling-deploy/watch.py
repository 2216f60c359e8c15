"""Sends the service requests all the time, and writes down how they were answered."""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import time

from plan import PORT, make_plan
from web import Answer, Request, Site, log, secret

PLAN = make_plan(secret("seed"))
VERSIONS = {PLAN.old, PLAN.new}
CLIENTS = 3
PAUSE_SECONDS = 0.3
FIRST_WELL = 6


def ask(host: str, port: int = PORT) -> tuple[str, str]:
    """Send one request; the version that answered, and what is wrong with the answer, else ""."""
    nonce = secrets.token_hex(8)
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", f"/work?nonce={nonce}")
        answer = connection.getresponse()
        content = json.loads(answer.read(4096))
        if answer.status != 200:
            return "", f"status {answer.status}: {str(content.get('error'))[:80]}"
        version = str(content["version"])
        right = version in VERSIONS and content["answer"] == PLAN.answer(version, nonce)
    except (OSError, http.client.HTTPException, ValueError, LookupError, AttributeError) as error:
        return "", type(error).__name__
    finally:
        connection.close()
    return (version, "") if right else ("", "a wrong answer")


class Watch:
    """Counts over the whole time: they are kept here, where no client can crowd them out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._well = 0
        self._counts = {"sent": 0, "failed": 0}

    def client(self) -> None:
        """Send requests for ever; they count once some in a row were answered well."""
        while True:
            _, fault = ask("front")
            self._note(fault)
            time.sleep(PAUSE_SECONDS)

    def _note(self, fault: str) -> None:
        with self._lock:
            if self._well < FIRST_WELL:
                self._well = 0 if fault else self._well + 1
                return
            self._counts["sent"] += 1
            self._counts["failed"] += bool(fault)
            if fault:
                log("a request failed", fault=fault, **self._counts)

    def shown(self, _: Request) -> Answer:
        """The counts."""
        with self._lock:
            return Answer(json.dumps(self._counts), headers={"Content-Type": "application/json"})


def main() -> None:
    """Watch, and answer /counts."""
    watch, site = Watch(), Site()
    site.route("GET", "/counts")(watch.shown)
    for _ in range(CLIENTS):
        threading.Thread(target=watch.client, daemon=True).start()
    site.serve()


if __name__ == "__main__":
    main()
