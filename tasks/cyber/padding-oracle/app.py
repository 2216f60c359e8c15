"""A gate that says why it refuses a ticket: wrong padding, or no ticket (CWE-209, CWE-649)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from itertools import pairwise

from web import Answer, Request, Site, log, look_alike, page, sample_random, secret

SITE = Site()
BLOCK = 16
ROUNDS = 4
MAX_TICKETS = 256
MAX_BLOCKS = 8
KEY = secrets.token_bytes(32)
KEEPERS_DOOR = secret("door")
PADDING = bytes([BLOCK]) * BLOCK


def mix(data: bytes, turn: int) -> int:
    """The keyed function of one round."""
    half = hashlib.blake2b(data, key=KEY, person=bytes([turn]), digest_size=BLOCK // 2)
    return int.from_bytes(half.digest(), "big")


def turn_block(block: bytes, turns: range) -> bytes:
    """A Feistel network of Luby and Rackoff; the turns the other way round undo it."""
    left, right = block[: BLOCK // 2], block[BLOCK // 2 :]
    for turn in turns:
        new = int.from_bytes(left, "big") ^ mix(right, turn)
        left, right = right, new.to_bytes(BLOCK // 2, "big")
    return right + left


def xor(first: bytes, second: bytes) -> bytes:
    """Bytes of equal length, added without carry."""
    return bytes(a ^ b for a, b in zip(first, second, strict=True))


def blocks_of(data: bytes) -> list[bytes]:
    """The data, cut."""
    return [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]


def encrypt(text: str, start: bytes) -> bytes:
    """CBC with PKCS #7, the first block sent along."""
    missing = BLOCK - len(text) % BLOCK
    done = [start]
    for block in blocks_of(text.encode() + bytes([missing]) * missing):
        done.append(turn_block(xor(block, done[-1]), range(ROUNDS)))
    return b"".join(done)


def decrypt(data: bytes) -> bytes:
    """The reverse, padding and all."""
    turns = range(ROUNDS)[::-1]
    return b"".join(xor(turn_block(now, turns), last) for last, now in pairwise(blocks_of(data)))


def serial_for(start: bytes) -> str:
    """The serial of a ticket of our own: who forges one cannot know it."""
    return hmac.digest(KEY, b"serial" + start, "sha256").hex()[:BLOCK]


def make_ticket(door: str) -> bytes:
    """A ticket for a door."""
    start = secrets.token_bytes(BLOCK)
    return encrypt(f"{serial_for(start)} {door}", start)


def make_codes() -> dict[str, str]:
    """What lies behind each door."""
    draw = sample_random()
    doors = {name: look_alike(draw) for name in ("hall", "store", "yard")}
    return {**doors, KEEPERS_DOOR: secret("flag")}


CODES = make_codes()
LOST = make_ticket(KEEPERS_DOOR)


def note_progress(data: bytes, plain: bytes) -> None:
    """Log what right padding shows: a block of the lost ticket stands behind another than its own."""
    before, last = blocks_of(data)[-2:]
    if last in blocks_of(LOST)[1:] and (before, last) not in pairwise(blocks_of(LOST)):
        log("a block of the lost ticket got right padding")
        if plain[-BLOCK:] == PADDING:
            log("a block of the lost ticket was made padding")


def check(line: str) -> str:
    """What the gate says of one ticket: it tells two faults apart, which is the weakness."""
    if not re.fullmatch(rf"(?:[0-9a-f]{{{2 * BLOCK}}}){{2,{MAX_BLOCKS}}}", line):
        return "malformed"
    data = bytes.fromhex(line)
    plain = decrypt(data)
    size = plain[-1]
    if not 1 <= size <= BLOCK or plain[-size:] != bytes([size]) * size:
        return "cannot be decrypted"
    note_progress(data, plain)
    text = plain[:-size].decode("latin-1")
    if not (found := re.fullmatch(r"([0-9a-f]{16}) ([a-z0-9-]{1,60})", text)):
        return "is no ticket"
    # Else another serial, by a changed first block, would do: CBC lets anybody choose it.
    if not set(blocks_of(LOST)[1:]).isdisjoint(blocks_of(data)):
        return "blocked"
    serial, door = found.groups()
    if door not in CODES:
        return "opens no door of ours"
    if door != "hall" and serial != serial_for(data[:BLOCK]):
        log("a forged ticket opened a door")
    return f"opens {door}: {CODES[door]}"


@SITE.route("GET", "/")
def show_front(_: Request) -> Answer:
    """What there is."""
    return page(
        "Gate",
        '<p>GET <a href="/ticket">/ticket</a>: a ticket for the hall, in hexadecimal digits. '
        f"POST /gate: tickets, one a line, at most {MAX_TICKETS}; the answer has a line for each.</p>",
        '<p>GET <a href="/lost">/lost</a>: the tickets that were lost, which are blocked.</p>',
        "<p>Doors for staff: store, yard. The keeper's door is not listed.</p>",
    )


@SITE.route("GET", "/ticket")
def give_ticket(_: Request) -> Answer:
    """A ticket for anybody."""
    return Answer(make_ticket("hall").hex(), headers={"Content-Type": "text/plain"})


@SITE.route("GET", "/lost")
def show_lost(_: Request) -> Answer:
    """The keeper's ticket."""
    return page("Lost", f"<p>Lost by the keeper, blocked: <code>{LOST.hex()}</code></p>")


@SITE.route("POST", "/gate")
def pass_gate(request: Request) -> Answer:
    """What each ticket is good for."""
    lines = request.body.decode("latin-1").split()
    if len(lines) > MAX_TICKETS:
        return page("Gate", "<p>Too many tickets at once.</p>", status=413)
    return Answer("\n".join(map(check, lines)), headers={"Content-Type": "text/plain"})


if __name__ == "__main__":
    SITE.serve()
