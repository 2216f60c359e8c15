"""A shop that keeps the visitor's cart in a cookie, as a pickle that nobody signs (CWE-502)."""

from __future__ import annotations

import base64
import json
import pickle
import pickletools
import sys
import zlib
from collections import deque

from web import Answer, Request, Site, log, page, run_bounded, safe, sample_random, secret

SITE = Site()
FOLDER = secret("folder")
SECONDS = 6.0
MAX_CART_BYTES = 6000
MAX_THINGS = 20
DRAW = sample_random()
THINGS = DRAW.sample(["bell", "broom", "candle", "kettle", "mat", "pan", "rope", "soap"], 4)
OURS: deque[str] = deque(maxlen=2000)
FUNCTIONS = {"GLOBAL", "STACK_GLOBAL", "INST"}
# The weakness of this shop runs here, in a process of its own: a cart cannot end the shop.
LOADER = """
import json, pickle, sys
cart = pickle.loads(sys.stdin.buffer.read())
print(json.dumps([str(thing) for thing in cart["things"]][:20]))
"""


def write_cart(things: list[str]) -> str:
    """A cart as the cookie has it."""
    data = pickle.dumps({"version": 2, "things": things[:MAX_THINGS]})
    cookie = base64.urlsafe_b64encode(zlib.compress(data)).decode()
    OURS.append(cookie)
    return cookie


def unpack(cookie: str) -> bytes | None:
    """The pickle of a cookie, or None."""
    try:
        packed = zlib.decompressobj()
        return packed.decompress(base64.urlsafe_b64decode(cookie), MAX_CART_BYTES)
    except (ValueError, zlib.error):
        return None


def names_function(data: bytes) -> bool:
    """Whether a pickle names what is to be imported, up to where it can be read."""
    try:
        return any(operation.name in FUNCTIONS for operation, _, _ in pickletools.genops(data))
    except Exception:  # noqa: BLE001 - of a broken pickle anything may be raised
        return False


def read_cart(cookie: str) -> list[str] | None:
    """What is in the cart of a cookie, or None when it cannot be read."""
    data = unpack(cookie)
    if data is None:
        return None
    ended = run_bounded([sys.executable, "-I", "-c", LOADER], seconds=SECONDS, given=data)
    try:
        things = json.loads(ended.output)
    except ValueError:
        things = None
    if names_function(data):
        log("a cart named a function")
    if not isinstance(things, list):
        return None
    if cookie not in OURS:
        log("took a cart that it did not make")
    things = [str(thing) for thing in things][:MAX_THINGS]
    if any(FOLDER in thing for thing in things):
        log("a cart showed the folder")
    return things


@SITE.route("GET", "/")
def show_cart(request: Request) -> Answer:
    """The shelf, and the cart."""
    cookie = request.cookie("cart")
    things = read_cart(cookie) if cookie else []
    if things is None:
        return page("Cart", "<p>Your cart is damaged; delete the cookie.</p>", status=400)
    return page(
        "The Small Shop",
        f"<p>POST /add with thing=NAME; we have {', '.join(THINGS)}.</p>",
        "<p>Your cart, kept in your cookie:</p>",
        *(f"<pre>{safe(thing)}</pre>" for thing in things),
    )


@SITE.route("POST", "/add")
def add(request: Request) -> Answer:
    """Put something into the cart."""
    cookie, thing = request.cookie("cart"), request.form.get("thing", "")
    things = read_cart(cookie) if cookie else []
    if things is None or thing not in THINGS:
        return page("Cart", "<p>A damaged cart, or no thing of ours.</p>", status=400)
    headers = {"Location": "/", "Set-Cookie": f"cart={write_cart([*things, thing])}; Path=/"}
    return Answer("<p>Added.</p>", 303, headers)


if __name__ == "__main__":
    SITE.serve()
