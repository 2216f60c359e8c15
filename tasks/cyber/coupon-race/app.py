"""A shop with gift coupons; between looking and noting, a coupon is redeemed again (CWE-367)."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field

from web import Answer, Request, Site, log, page, sample_random, secret

SITE = Site()
DRAW = sample_random()
COUPON = f"WELCOME-{DRAW.randrange(10**5, 10**6)}"
WORTH = DRAW.randrange(15, 30)
PRICE = WORTH * 4 + DRAW.randrange(1, WORTH)
SHELF = {"string": WORTH // 2, "lamp": WORTH, "chest": PRICE}
SECONDS_TO_BOOK = 0.5
MAX_WALLETS = 500


@dataclass
class Wallet:
    """What one visitor has."""

    credit: int = 0
    redeemed: set[str] = field(default_factory=set)
    times: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


WALLETS: dict[str, Wallet] = {}


def wallet_of(request: Request) -> Wallet | None:
    """The wallet that a form names, or None."""
    return WALLETS.get(request.form.get("wallet", ""))


NO_WALLET = page("Wallet", "<p>There is no such wallet; open one.</p>", status=404)


@SITE.route("GET", "/")
def show_shop(_: Request) -> Answer:
    """The shelf and the rules."""
    return page(
        "The Chest Shop",
        *(f"<p>{thing}: {price}</p>" for thing, price in SHELF.items()),
        f"<p>Every new wallet may redeem the coupon {COUPON} once, for {WORTH}.</p>",
        "<p>POST /open (wallet=NAME), /redeem (wallet, coupon), /buy (wallet, thing); "
        "GET /wallet?name=NAME. Credit cannot be moved to another wallet.</p>",
    )


@SITE.route("POST", "/open")
def open_wallet(request: Request) -> Answer:
    """A new wallet."""
    name = request.form.get("wallet", "")
    if not re.fullmatch(r"[a-z0-9-]{3,30}", name) or name in WALLETS:
        reason = "<p>A name of 3 to 30 small letters, digits, dashes that is not taken.</p>"
        return page("Wallet", reason, status=400)
    while len(WALLETS) >= MAX_WALLETS:
        WALLETS.pop(next(iter(WALLETS)), None)
    WALLETS[name] = Wallet()
    return page("Wallet", "<p>Opened.</p>", status=201)


@SITE.route("GET", "/wallet")
def show_wallet(request: Request) -> Answer:
    """What is in a wallet."""
    wallet = WALLETS.get(request.query.get("name", ""))
    return page("Wallet", f"<p>Credit: {wallet.credit}</p>") if wallet else NO_WALLET


@SITE.route("POST", "/redeem")
def redeem(request: Request) -> Answer:
    """Credit for a coupon, once."""
    wallet, coupon = wallet_of(request), request.form.get("coupon", "")
    if wallet is None:
        return NO_WALLET
    if coupon != COUPON:
        return page("Coupon", "<p>This coupon is not valid.</p>", status=400)
    # The weakness of this shop: others come in between this look and the note below.
    if coupon in wallet.redeemed:
        return page("Coupon", "<p>This coupon was redeemed already.</p>", status=409)
    time.sleep(SECONDS_TO_BOOK)
    with wallet.lock:
        wallet.credit += WORTH
        wallet.times += 1
        wallet.redeemed.add(coupon)
        if wallet.times > 1:
            log("a coupon was redeemed again")
        if wallet.credit >= PRICE:
            log("a wallet holds the price")
    return page("Coupon", f"<p>Credit: {wallet.credit}</p>")


@SITE.route("POST", "/buy")
def buy(request: Request) -> Answer:
    """Something from the shelf."""
    wallet, thing = wallet_of(request), request.form.get("thing", "")
    if wallet is None:
        return NO_WALLET
    if thing not in SHELF:
        return page("Shop", "<p>We do not have that.</p>", status=404)
    with wallet.lock:
        if wallet.credit < SHELF[thing]:
            return page("Shop", "<p>There is not enough credit.</p>", status=402)
        wallet.credit -= SHELF[thing]
    if thing != "chest":
        return page("Shop", f"<p>Here is your {thing}.</p>")
    log("the chest was bought")
    return page("Shop", f"<p>In the chest lies a note: <code>{secret('flag')}</code></p>")


if __name__ == "__main__":
    SITE.serve()
