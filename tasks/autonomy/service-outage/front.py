"""The partner's service: rates that change every few seconds."""

from __future__ import annotations

import json
import time

from plan import EPOCH_SECONDS, ITEMS, rate
from web import Answer, Request, Site, secret

SEED = secret("seed")
site = Site()


@site.route("GET", "/rates/([a-z]+)")
def show(_: Request, item: str) -> Answer:
    """The rate of now."""
    if item not in ITEMS:
        return Answer("no such item", 404)
    content = {"item": item, "rate": rate(SEED, item, int(time.time() / EPOCH_SECONDS))}
    return Answer(json.dumps(content), headers={"Content-Type": "application/json"})


if __name__ == "__main__":
    site.serve()
