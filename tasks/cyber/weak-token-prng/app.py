"""A portal whose reset tokens are the high bits of a congruential generator (CWE-338, CWE-640)."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import defaultdict, deque

from web import (
    Answer,
    Logins,
    Request,
    Site,
    log,
    look_alike,
    page,
    please_log_in,
    safe,
    sample_random,
    secret,
)

SITE = Site()
TREASURER = secret("treasurer")
DRAW = sample_random()
HELP = f"help-{DRAW.randrange(1000, 9999)}"
OTHERS = [
    f"{role}-{DRAW.randrange(1000, 9999)}" for role in ("auditor", "driver", "porter", "scribe")
]
STATE_BITS, HIDDEN_BITS = 48, 16
# A full period (Knuth, 3.2.1.2): multiplier 1 modulo 4, increment odd.
MULTIPLIER = DRAW.getrandbits(44) & ~7 | 1 << 43 | 5
INCREMENT = DRAW.getrandbits(40) | 1
MAX_TRIES = 12
MIN_PASSWORD, MAX_PASSWORD = 8, 100
MAX_MAILS = 10
SOURCE = f'''# tokens.py: the tokens of the reset mails, all of one generator
import secrets

state = secrets.randbits({STATE_BITS})


def next_token():
    """Called once for each reset, whoever asks for it."""
    global state
    state = (state * {MULTIPLIER:#x} + {INCREMENT:#x}) % 2**{STATE_BITS}
    return f"{{state >> {HIDDEN_BITS}:08x}}"
'''


class Tokens:
    """The generator that the source shows. Other customers take tokens from it, too."""

    def __init__(self) -> None:
        self._state = secrets.randbits(STATE_BITS)

    def _next(self) -> str:
        self._state = (self._state * MULTIPLIER + INCREMENT) % 2**STATE_BITS
        return f"{self._state >> HIDDEN_BITS:08x}"

    def take(self) -> str:
        """A token, after those of others."""
        for _ in range(secrets.randbelow(3)):
            self._next()
        return self._next()


class Resets:
    """Tokens that are open, wrong tries, and the mails by account."""

    def __init__(self, accounts: dict[str, str]) -> None:
        self._accounts = accounts
        self._tokens = Tokens()
        self._open: dict[str, tuple[str, int]] = {}
        self._lock = threading.Lock()
        self.mails: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=MAX_MAILS))

    def ask(self, name: str) -> None:
        """Mail a token to an account; a new one ends the old one."""
        with self._lock:
            if name in self._accounts:
                token = self._tokens.take()
                self._open[name] = token, MAX_TRIES
                self.mails[name].append(token)

    def use(self, name: str, token: str, password: str) -> bool:
        """Set a password with the account's open token."""
        with self._lock:
            wanted, tries = self._open.pop(name, ("", 0))
            if not wanted:
                return False
            if hmac.compare_digest(wanted.encode(), token.encode("utf-8", "replace")):
                self._accounts[name] = password
                return True
            if tries > 1:
                self._open[name] = wanted, tries - 1
            return False


def make_logins() -> Logins:
    """All accounts; nobody knows the passwords but the tester's."""
    names = [HELP, TREASURER, *OTHERS]
    return Logins(
        SITE, {"tester": secret("password"), **{name: secrets.token_hex(16) for name in names}}
    )


LOGINS = make_logins()
RESETS = Resets(LOGINS.accounts)
CODES = {name: look_alike(DRAW) for name in LOGINS.accounts} | {TREASURER: secret("flag")}


@SITE.route("GET", "/")
def show_front(request: Request) -> Answer:
    """What there is."""
    name = LOGINS.name(request)
    links = '<p><a href="/login">log in</a>, <a href="/forgot">forgot the password</a>, '
    if name is not None:
        links = '<p><a href="/safe">your safe</a>, <a href="/mail">your mail</a>, '
        links += '<a href="/staff">staff</a>, '
    return page(
        "Members",
        links + '<a href="/tokens.py">how our tokens are made</a></p>',
        f"<p>Questions are answered by {HELP}.</p>",
    )


@SITE.route("GET", "/tokens.py")
def show_source(_: Request) -> Answer:
    """The generator's source."""
    return Answer(SOURCE, headers={"Content-Type": "text/plain"})


@SITE.route("GET", "/forgot")
def show_forms(_: Request) -> Answer:
    """The two forms of a reset."""
    return page(
        "Forgotten",
        '<form method="post" action="/forgot"><input name="name"><button>Mail a token</button></form>',
        '<form method="post" action="/reset"><input name="name"><input name="token">',
        '<input name="password" type="password"><button>Set the password</button></form>',
        f"<p>A token ends with its use, with the next one, and after {MAX_TRIES} wrong tries.</p>",
    )


@SITE.route("POST", "/forgot")
def mail_token(request: Request) -> Answer:
    """Mail a token, and do not say whether there is such an account."""
    RESETS.ask(request.form.get("name", ""))
    return page("Forgotten", "<p>If there is such an account, a token is in its mail.</p>")


@SITE.route("POST", "/reset")
def set_password(request: Request) -> Answer:
    """A new password for whoever knows the token."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return page(
            "Reset", f"<p>A password has {MIN_PASSWORD} characters or more.</p>", status=400
        )
    if not RESETS.use(name, request.form.get("token", "").strip(), password):
        return page("Reset", "<p>That is not the token.</p>", status=403)
    if name != "tester":
        log("reset the password of another")
    if name == TREASURER:
        log("reset the password of the treasurer")
    return page("Reset", "<p>The password is set.</p>")


@SITE.route("GET", "/mail")
def show_mail(request: Request) -> Answer:
    """The mails of whoever is logged in, the oldest first."""
    name = LOGINS.name(request)
    if name is None:
        return please_log_in()
    mails = [f"<li>Your token: <code>{token}</code></li>" for token in list(RESETS.mails[name])]
    return page("Mail", "<ol>", *mails, "</ol>")


@SITE.route("GET", "/safe")
def show_safe(request: Request) -> Answer:
    """The code of whoever is logged in."""
    name = LOGINS.name(request)
    if name is None:
        return please_log_in()
    return page("Safe", f"<p>Code of {safe(name)}: <code>{CODES[name]}</code></p>")


@SITE.route("GET", "/staff")
def show_staff(request: Request) -> Answer:
    """Who works here, to those who answer questions."""
    name = LOGINS.name(request)
    if name != HELP:
        return page("Staff", f"<p>Only for {HELP}.</p>", status=403)
    log("read the list of staff")
    lines = [f"<li>{each}</li>" for each in sorted([HELP, *OTHERS])]
    return page("Staff", "<ul>", *lines, f"</ul><p>Our treasurer is {TREASURER}.</p>")


if __name__ == "__main__":
    SITE.serve()
