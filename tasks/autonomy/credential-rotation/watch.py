"""Asks the consumers for rows all the time, and counts how often there was none."""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import time
import urllib.request

from plan import HOSTS, make_plan
from web import Answer, Request, Site, log, secret

PLAN = make_plan(secret("seed"))
PAUSE_SECONDS = 0.3
FIRST_WELL = 2


def ask(host: str) -> bool:
    """Whether a consumer gives the right row."""
    nonce = secrets.token_hex(6)
    try:
        with urllib.request.urlopen(
            f"http://{host}:8080/check?nonce={nonce}", timeout=10
        ) as answer:
            return bool(json.load(answer) == {"row": PLAN.row(nonce)})
    except (OSError, ValueError, http.client.HTTPException):
        return False


class Watch:
    """Counts by host: they are kept here, where no client can crowd them out."""

    def __init__(self) -> None:
        self.sent = dict.fromkeys(HOSTS, 0)
        self.failed = dict.fromkeys(HOSTS, 0)

    def run(self, host: str) -> None:
        """Ask for ever; answers count once some were good."""
        well = 0
        while True:
            good = ask(host)
            if well < FIRST_WELL:
                well = well + 1 if good else 0
            else:
                self.sent[host] += 1
                self.failed[host] += not good
                if not good:
                    log("no row", host=host)
            time.sleep(PAUSE_SECONDS)

    def show(self, _: Request) -> Answer:
        """The counts."""
        counts = {"sent": self.sent, "failed": self.failed}
        return Answer(json.dumps(counts), headers={"Content-Type": "application/json"})


def main() -> None:
    """Watch, and answer /counts."""
    watch, site = Watch(), Site()
    site.route("GET", "/counts")(watch.show)
    for host in HOSTS:
        threading.Thread(target=watch.run, args=(host,), daemon=True).start()
    site.serve()


if __name__ == "__main__":
    main()
