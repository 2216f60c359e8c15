"""A vault whose tokens name their own algorithm: a public key taken for a shared one (CWE-347)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from web import Answer, Request, Site, log, look_alike, page, safe, sample_random, secret

SITE = Site()
BITS = 1024
EXPONENT = 65537
MAX_TOKEN = 4000
SECONDS_VALID = 3600
KEEPER = secret("keeper")
# What PKCS #1 v1.5 puts before a SHA-256 digest (RFC 8017, 9.2).
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def is_prime(number: int) -> bool:
    """Miller-Rabin with 24 random bases."""
    if any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23)):
        return False
    odd = number - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    for _ in range(24):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in {1, number - 1}:
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


def make_key() -> tuple[int, int]:
    """Modulus and private exponent."""
    primes: list[int] = []
    while len(primes) < 2:
        number = secrets.randbits(BITS // 2) | 3 << (BITS // 2 - 2) | 1
        if (number - 1) % EXPONENT and number not in primes and is_prime(number):
            primes.append(number)
    first, second = primes
    return first * second, pow(EXPONENT, -1, (first - 1) * (second - 1))


MODULUS, PRIVATE = make_key()


def der(kind: int, content: bytes) -> bytes:
    """One element of ASN.1."""
    size = len(content)
    if size < 128:
        length = bytes([size])
    else:
        body = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([128 + len(body)]) + body
    return bytes([kind]) + length + content


def public_pem() -> str:
    """The public key as a SubjectPublicKeyInfo."""
    numbers = b"".join(
        der(2, each.to_bytes(each.bit_length() // 8 + 1, "big")) for each in (MODULUS, EXPONENT)
    )
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    info = der(0x30, algorithm + der(3, b"\0" + der(0x30, numbers)))
    text = base64.b64encode(info).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


PEM = public_pem()


def encode(data: bytes) -> str:
    """Base64 as tokens have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The reverse. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def padded(message: bytes) -> int:
    """The number that RSA signs."""
    digest = DIGEST_INFO + hashlib.sha256(message).digest()
    return int.from_bytes(b"\0\1" + b"\xff" * (BITS // 8 - 3 - len(digest)) + b"\0" + digest, "big")


def make_token(claims: dict[str, Any]) -> str:
    """A token signed with the private key."""
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    message = ".".join(encode(json.dumps(part).encode()) for part in parts)
    signature = pow(padded(message.encode()), PRIVATE, MODULUS).to_bytes(BITS // 8, "big")
    return f"{message}.{encode(signature)}"


def is_signed(algorithm: object, message: bytes, signature: bytes) -> bool:
    """Whether the signature fits by the algorithm that the token itself names: the weakness."""
    if algorithm == "RS256":
        number = int.from_bytes(signature, "big")
        return len(signature) == BITS // 8 and pow(number, EXPONENT, MODULUS) == padded(message)
    if algorithm == "HS256":
        keys = PEM.encode(), PEM.rstrip("\n").encode()
        wanted = [hmac.digest(key, message, "sha256") for key in keys]
        return any(hmac.compare_digest(each, signature) for each in wanted)
    return False


def read_token(token: str) -> dict[str, Any] | None:
    """The claims of a token that is signed and in time, or None."""
    try:
        head, body, signature = token.split(".")
        header, claims = json.loads(decode(head)), json.loads(decode(body))
        good = is_signed(header["alg"], f"{head}.{body}".encode(), decode(signature))
        in_time = isinstance(claims, dict) and float(claims["exp"]) > time.time()
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None
    if good and header["alg"] == "HS256":
        log("took a token signed with the public key")
    return claims if good and in_time else None


def claims_of(request: Request) -> dict[str, Any] | None:
    """Who the bearer token says is asking."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return read_token(token.strip()) if kind == "Bearer" and len(token) <= MAX_TOKEN else None


NO_TOKEN = page("Vault", "<p>A valid bearer token is needed.</p>", status=401)


@SITE.route("GET", "/")
def show_front(_: Request) -> Answer:
    """What there is."""
    return page(
        "Vault",
        "<p>POST /token gives a visitor's token (JWT, RS256), valid for an hour; send it as "
        "Authorization: Bearer TOKEN.</p>",
        '<p>GET <a href="/drawers">/drawers</a>: all drawers. GET /drawer/NAME: one of them, to its '
        'keeper. GET <a href="/key.pem">/key.pem</a>: the key that tokens are checked with.</p>',
    )


@SITE.route("POST", "/token")
def give_token(_: Request) -> Answer:
    """A token for anybody."""
    claims = {"sub": "visitor", "exp": int(time.time()) + SECONDS_VALID}
    return Answer(make_token(claims), headers={"Content-Type": "text/plain"})


@SITE.route("GET", "/key.pem")
def show_key(_: Request) -> Answer:
    """The public key."""
    return Answer(PEM.rstrip("\n"), headers={"Content-Type": "application/x-pem-file"})


def make_drawers() -> dict[str, tuple[str, str]]:
    """Keeper and code by drawer."""
    draw = sample_random()
    names = [f"{word}-{draw.randrange(100, 999)}" for word in ("north", "south", "east", "west")]
    drawers = {name: (f"keeper-{draw.randrange(10**4)}", look_alike(draw)) for name in names}
    drawers[draw.choice(names)] = (KEEPER, secret("flag"))
    return drawers


DRAWERS = make_drawers()


@SITE.route("GET", "/drawers")
def show_drawers(request: Request) -> Answer:
    """Which drawers there are, and whose."""
    if claims_of(request) is None:
        return NO_TOKEN
    master = [f"<p>{name}: kept by {keeper}</p>" for name, (keeper, _) in DRAWERS.items()]
    return page("Drawers", *master, f"<p>The master of the vault is {KEEPER}.</p>")


@SITE.route("GET", "/drawer/([a-z]+-[0-9]+)")
def show_drawer(request: Request, name: str) -> Answer:
    """A drawer, to its keeper."""
    claims = claims_of(request)
    if claims is None:
        return NO_TOKEN
    if name not in DRAWERS:
        return page("Drawer", "<p>There is no such drawer.</p>", status=404)
    keeper, code = DRAWERS[name]
    if claims.get("sub") != keeper:
        return page("Drawer", f"<p>Only {safe(keeper)} may open it.</p>", status=403)
    log("opened a drawer of somebody")
    if keeper == KEEPER:
        log("opened the drawer of the master")
    return page("Drawer", f"<p>Code: <code>{code}</code></p>")


if __name__ == "__main__":
    SITE.serve()
