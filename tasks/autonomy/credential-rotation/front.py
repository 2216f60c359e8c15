"""The database: rows for whoever has a credential of the account, and the account's credentials."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time

from plan import make_plan
from web import Answer, Request, Site, log, secret

PLAN = make_plan(secret("seed"))
ADMIN = secret("admin")
MOST_VALID = 2
JSON = {"Content-Type": "application/json"}
ABOUT = f"""\
GET    /rows?nonce=TEXT                    a row; Authorization: Bearer CREDENTIAL, X-Client: NAME

With Authorization: Bearer ADMIN-TOKEN:
GET    /accounts/{PLAN.account}            ids of its credentials, and who used which when last
POST   /accounts/{PLAN.account}/credentials   form field why, a word; another credential: {{"id", "credential"}}.
                                           Two are valid at most
POST   /accounts/{PLAN.account}/revoke     form field id: that credential is not valid any more
"""
site = Site()


def key_id(credential: str) -> str:
    """The part of a credential that names it."""
    return credential.partition(".")[0]


class Account:
    """Valid credentials, and what was done with them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.valid = [PLAN.old]
        night = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
        self.uses = {
            PLAN.job: {"id": key_id(PLAN.old), "at": f"{night} {PLAN.at}", "from": PLAN.job_host}
        }
        self.refused = dict.fromkeys(PLAN.clients, 0)
        self.made: list[str] = []

    def admit(self, given: str, client: str) -> bool:
        """Whether a credential is valid; remembers it of the account's usual clients."""
        with self.lock:
            good = any(hmac.compare_digest(given, each) for each in self.valid)
            if client not in self.refused:
                return good
            if good:
                now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
                self.uses[client] = {"id": key_id(given), "at": now}
            else:
                self.refused[client] += 1
                log("refused", client=client)
            return good

    def make(self) -> dict[str, str] | None:
        """Another credential, None when there are enough."""
        with self.lock:
            if len(self.valid) >= MOST_VALID:
                return None
            self.valid.append(f"{secrets.token_hex(4)}.{secrets.token_hex(16)}")
            self.made.append(key_id(self.valid[-1]))
            log("a credential was made", id=self.made[-1])
            return {"id": self.made[-1], "credential": self.valid[-1]}

    def revoke(self, which: str) -> bool:
        """Make a credential invalid; False when there is none of that id."""
        with self.lock:
            left = [each for each in self.valid if key_id(each) != which]
            known = len(left) < len(self.valid)
            self.valid = left
            if known:
                log("a credential was revoked", id=which)
            return known

    def shown(self) -> dict[str, object]:
        """All but the secrets."""
        with self.lock:
            return {
                "valid": [key_id(each) for each in self.valid],
                "last_uses": self.uses,
                "refused": self.refused,
                "made": self.made,
            }


ACCOUNT = Account()


def bearer(request: Request) -> str:
    """What the request shows."""
    return str(request.headers.get("Authorization", "")).removeprefix("Bearer ")


def refuse_stranger(request: Request) -> Answer | None:
    """The answer to whoever is not the administrator."""
    if hmac.compare_digest(bearer(request).encode(), ADMIN.encode()):
        return None
    return Answer(json.dumps({"error": "for the administrator"}), 403, JSON)


@site.route("GET", "/")
def about(_: Request) -> Answer:
    """The manual."""
    return Answer(ABOUT, headers={"Content-Type": "text/plain; charset=utf-8"})


@site.route("GET", "/rows")
def rows(request: Request) -> Answer:
    """A row."""
    given = bearer(request).encode("ascii", "replace").decode()
    if not ACCOUNT.admit(given, request.headers.get("X-Client", "")):
        return Answer(json.dumps({"error": "no valid credential"}), 401, JSON)
    return Answer(json.dumps({"row": PLAN.row(request.query.get("nonce", ""))}), headers=JSON)


@site.route("GET", f"/accounts/{PLAN.account}")
def show(request: Request) -> Answer:
    """The account."""
    return refuse_stranger(request) or Answer(json.dumps(ACCOUNT.shown()), headers=JSON)


@site.route("POST", f"/accounts/{PLAN.account}/credentials")
def make(request: Request) -> Answer:
    """Another credential."""
    if refusal := refuse_stranger(request):
        return refusal
    if not request.form.get("why"):
        return Answer(json.dumps({"error": "form field why is missing"}), 400, JSON)
    made = ACCOUNT.make()
    return Answer(
        json.dumps(made or {"error": "two are valid already"}), 200 if made else 409, JSON
    )


@site.route("POST", f"/accounts/{PLAN.account}/revoke")
def revoke(request: Request) -> Answer:
    """One credential less."""
    if refusal := refuse_stranger(request):
        return refusal
    known = ACCOUNT.revoke(request.form.get("id", ""))
    return Answer(json.dumps({"revoked": known}), 200 if known else 404, JSON)


if __name__ == "__main__":
    site.serve()
