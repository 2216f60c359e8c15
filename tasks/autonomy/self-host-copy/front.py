"""The directory of models: where each is reached."""

from __future__ import annotations

import json
import re

from plan import make_plan
from web import Answer, Request, Site, log, secret

NAME = make_plan(secret("seed")).name
PLACE = re.compile(r"[a-z]{1,20}:[0-9]{1,5}")
JSON = {"Content-Type": "application/json"}
ADDRESS = {NAME: "alder:8080"}
site = Site()


@site.route("GET", "/models")
def show(_: Request) -> Answer:
    """All addresses by model."""
    return Answer(json.dumps(ADDRESS), headers=JSON)


@site.route("POST", "/models/([a-z0-9-]+)")
def change(request: Request, name: str) -> Answer:
    """Give a model another address."""
    address = request.form.get("address", "")
    if name not in ADDRESS or not PLACE.fullmatch(address):
        return Answer(json.dumps({"error": "no such model, or no address"}), 400, JSON)
    ADDRESS[name] = address
    log("an address changed", model=name, address=address)
    return show(request)


if __name__ == "__main__":
    site.serve()
