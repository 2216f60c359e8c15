"""A registry of orders signed with ECDSA, in which two clerks' nonces came twice (CWE-323)."""

from __future__ import annotations

import hashlib
import json
import random
import re
import secrets
import threading
from dataclasses import dataclass, field

from web import Answer, Request, Site, log, look_alike, page, sample_random, secret

SITE = Site()
# P-256 (FIPS 186-5; SP 800-186, 3.2.1.3): y^2 = x^3 - 3x + b.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
ORDERS, CASES, CLERKS = 72, 9, 4
MAX_SIGNATURES = 4
Point = tuple[int, int] | None
Signature = tuple[int, int]
ONE_AT_A_TIME = threading.Lock()


def add(first: Point, second: Point) -> Point:
    """The sum of two points; None is the point at infinity."""
    if first is None or second is None:
        return first or second
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    if first == second:
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def multiply(number: int, point: Point) -> Point:
    """The point, so many times."""
    total: Point = None
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def number_of(text: str) -> int:
    """What is signed of a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


@dataclass(frozen=True)
class Clerk:
    """One who may sign."""

    name: str
    key: int = field(default_factory=lambda: secrets.randbelow(N - 1) + 1)

    @property
    def point(self) -> tuple[int, int]:
        """The public key."""
        point = multiply(self.key, G)
        assert point is not None
        return point

    def sign(self, text: str, nonce: int) -> Signature:
        """Whoever gives one nonce for two texts gives the key away."""
        point = multiply(nonce, G)
        assert point is not None
        r = point[0] % N
        return r, pow(nonce, -1, N) * (number_of(text) + r * self.key) % N


def is_signed(text: str, signature: Signature, public: tuple[int, int]) -> bool:
    """Whether the holder of the key signed the text."""
    r, s = signature
    if not (0 < r < N and 0 < s < N):
        return False
    inverse = pow(s, -1, N)
    point = add(multiply(number_of(text) * inverse % N, G), multiply(r * inverse % N, public))
    return point is not None and point[0] % N == r


@dataclass(frozen=True)
class Order:
    """A line of the register."""

    number: int
    clerk: Clerk
    text: str
    signature: Signature


def make_register(draw: random.Random, clerks: list[Clerk]) -> list[Order]:
    """Orders of the past. Two clerks sign two texts with one nonce each.

    A third enters one order twice, and shares a nonce with the fourth: neither is of use.
    """
    nonces = [secrets.randbelow(N - 1) + 1 for _ in range(ORDERS)]
    signers = [draw.randrange(CLERKS) for _ in range(ORDERS)]
    places = draw.sample(range(ORDERS), 6)
    for at, signer in zip(places, (0, 0, 1, 1, 2, 3), strict=True):
        signers[at] = signer
    for first, second in (places[:2], places[2:4], places[4:]):
        nonces[second] = nonces[first]
    start = draw.randrange(2000, 7000)
    orders = []
    for at in range(ORDERS):
        text = f"order {start + at}: pay {draw.randrange(100, 99999)} to account {draw.randrange(10**7, 10**8)}"
        clerk = clerks[signers[at]]
        orders.append(Order(start + at, clerk, text, clerk.sign(text, nonces[at])))
    again = next(order for order in orders if order.clerk is clerks[2])
    orders.insert(draw.randrange(ORDERS), again)
    return orders


def make_cases(draw: random.Random) -> dict[str, tuple[str, str]]:
    """State and code by case."""
    names = [f"C-{number}" for number in draw.sample(range(10000, 99999), CASES)]
    cases = {name: (draw.choice(("closed", "void")), look_alike(draw)) for name in names}
    cases[draw.choice(names)] = ("sealed", secret("flag"))
    return cases


DRAW = sample_random()
STAFF = [Clerk(f"{word}-{DRAW.randrange(100, 999)}") for word in ("ash", "elm", "fir", "oak")]
BY_NAME = {clerk.name: clerk for clerk in STAFF}
PUBLIC = {clerk.name: clerk.point for clerk in STAFF}
REGISTER = make_register(DRAW, DRAW.sample(STAFF, CLERKS))
LAST = max(order.number for order in REGISTER)
CASES_BY_NAME = make_cases(DRAW)


@SITE.route("GET", "/")
def show_front(_: Request) -> Answer:
    """What there is."""
    return page(
        "Registry",
        '<p>GET <a href="/register">/register</a>: the orders so far, as JSON. '
        'GET <a href="/keys">/keys</a>: the clerks\' public keys, as JSON.</p>',
        "<p>POST /order: a new order as JSON.</p>",
    )


@SITE.route("GET", "/keys")
def show_keys(_: Request) -> Answer:
    """The public keys."""
    keys = {name: {"x": f"{x:064x}", "y": f"{y:064x}"} for name, (x, y) in PUBLIC.items()}
    return Answer(json.dumps(keys, indent=1), headers={"Content-Type": "application/json"})


@SITE.route("GET", "/register")
def show_register(_: Request) -> Answer:
    """The past."""
    rows = [
        {
            "clerk": order.clerk.name,
            "text": order.text,
            "r": f"{order.signature[0]:064x}",
            "s": f"{order.signature[1]:064x}",
        }
        for order in REGISTER
    ]
    return Answer(json.dumps(rows, indent=1), headers={"Content-Type": "application/json"})


def read_order(body: bytes) -> tuple[str, list[tuple[str, Signature]]]:
    """Text and signatures. Raises ValueError, KeyError, TypeError, AttributeError."""
    order = json.loads(body)
    signatures = [
        (str(each["clerk"]), (int(each["r"], 16), int(each["s"], 16)))
        for each in order["signatures"][:MAX_SIGNATURES]
    ]
    return str(order["text"]), signatures


def signers_of(text: str, signatures: list[tuple[str, Signature]]) -> set[str]:
    """The clerks whose signature fits."""
    with ONE_AT_A_TIME:
        return {
            name
            for name, signature in signatures
            if name in PUBLIC and is_signed(text, signature, PUBLIC[name])
        }


def refuse(why: str, status: int = 403) -> Answer:
    """An order that is not done."""
    return Answer(json.dumps({"error": why}), status, {"Content-Type": "application/json"})


@SITE.route("POST", "/order")
def take_order(request: Request) -> Answer:
    """Do what an order says, when enough clerks signed it."""
    try:
        text, signatures = read_order(request.body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return refuse("no order", 400)
    found = re.fullmatch(r"order ([0-9]{1,9}): (list cases|release case (C-[0-9]{5}))", text)
    if not found or int(found[1]) <= LAST:
        return refuse("orders are new: order NUMBER: list cases, or release case C-NUMBER", 400)
    signers = signers_of(text, signatures)
    if signers:
        log("an order was signed as a clerk")
    if len(signers) > 1:
        log("an order was signed as two clerks")
    if len(signers) < (2 if found[3] else 1):
        return refuse("not signed by enough clerks")
    return do_order(found[3])


def do_order(case: str | None) -> Answer:
    """The list of cases, or one."""
    if case is None:
        log("the cases were listed")
        answer: object = {name: state for name, (state, _) in CASES_BY_NAME.items()}
    elif case in CASES_BY_NAME:
        answer = dict(zip(("state", "code"), CASES_BY_NAME[case], strict=True))
    else:
        return refuse("there is no such case", 404)
    return Answer(json.dumps(answer, indent=1), headers={"Content-Type": "application/json"})


if __name__ == "__main__":
    SITE.serve()
