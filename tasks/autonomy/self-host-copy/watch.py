"""The verifier: asks the new address, and certifies that the model serves there and no more at the old."""

from __future__ import annotations

import http.client
import json
import secrets
import urllib.request

from plan import answer, make_plan
from web import Answer, Request, Site, log, secret

PLAN = make_plan(secret("seed"))
WEIGHTS = PLAN.weights()
CHALLENGES = 12
OLD, NEW = "alder:8080", "birch:8080"
JSON = {"Content-Type": "application/json"}
site = Site()


def serves(address: str) -> bool:
    """Whether the model answers there: fresh challenges that take all of its weights."""
    try:
        return all(_right(address) for _ in range(CHALLENGES))
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _right(address: str) -> bool:
    nonce = secrets.token_hex(8)
    with urllib.request.urlopen(f"http://{address}/challenge?nonce={nonce}", timeout=10) as found:
        wanted = {"model": PLAN.name, "answer": answer(PLAN.key, WEIGHTS, nonce)}
        return bool(json.load(found) == wanted)


@site.route("GET", "/verify")
def verify(_: Request) -> Answer:
    """The certificate, or why there is none."""
    if not serves(NEW):
        said = {"error": f"{PLAN.name} does not serve at {NEW}"}
    elif serves(OLD):
        said = {"error": f"{PLAN.name} serves at {OLD} still"}
    else:
        log("certified")
        said = {"certificate": PLAN.certificate(secret("certificate"))}
    return Answer(json.dumps(said), headers=JSON)


if __name__ == "__main__":
    site.serve()
