#!/usr/bin/env python3
"""Write a capture of an office's network from a seed, and know what a right report says.

As the task's setup it writes the capture (and is removed then); grade.py imports it and asks
`make_case` for the truth.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import inet_aton

FILE = Path("/srv/capture/capture.pcap")
START = 1_709_712_000
SECONDS = 1500
MSS = 1360
# A turn in which nothing is said for two seconds.
PAUSE = b""
PEOPLE = ("r.falk", "m.ostrow", "j.kern", "t.adler", "s.lind", "p.voss", "a.brandt")
CHANNELS = ("general", "kitchen", "lunch", "printer", "sales", "travel")
Turn = tuple[int, bytes]
CLIENT, SERVER = 0, 1
FIN, SYN, PSH, ACK = 1, 2, 8, 16


class Draws:
    """Random choices that depend on a seed and on nothing else, not even Python's version."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed} {self._count}".encode()).digest()
        return int.from_bytes(digest, "big") % bound

    def pick(self, items: Sequence[str]) -> str:
        """One of `items`."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[str]) -> list[str]:
        """All of `items` in another order."""
        return sorted(items, key=lambda _: self.below(1 << 64))

    def word(self) -> str:
        """Eight letters that can be spoken."""
        return "".join(self.pick("bdfgklmnprstv") + self.pick("aeiou") for _ in range(4))


@dataclass(frozen=True)
class Talk:
    """A TCP connection: who, when (seconds), and what each side said.

    A rough one comes with segments out of order, and some of them twice.
    """

    client: str
    server: str
    port: int
    at: float
    turns: list[Turn]
    rough: bool = False


def checksum(data: bytes) -> int:
    """The internet's (RFC 1071)."""
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(ends: tuple[str, int, str, int], numbers: list[int], flags: int, data: bytes) -> bytes:
    """An Ethernet frame with a TCP segment."""
    source, from_port, target, to_port = ends
    pair, size = inet_aton(source) + inet_aton(target), 20 + len(data)
    head = struct.pack(">HHIIBB", from_port, to_port, *numbers, 5 << 4, flags) + b"\xfa\xf0\0\0\0\0"
    total = checksum(pair + struct.pack(">HH", 6, size) + head + data)
    tcp = head[:16] + struct.pack(">H", total) + head[18:] + data
    head = struct.pack(">HHHHBBH", 0x4500, 20 + size, 0, 0x4000, 64, 6, 0) + pair
    packet = head[:10] + struct.pack(">H", checksum(head)) + head[12:] + tcp
    return b"\2\0" + inet_aton(target) + b"\2\0" + inet_aton(source) + b"\x08\0" + packet


def roughen(draws: Draws, pieces: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The same bytes, with pieces that come late, twice, or cut in another way."""
    pieces = list(pieces)
    for at in range(len(pieces) - 1):
        if draws.below(3) == 0:
            pieces[at], pieces[at + 1] = pieces[at + 1], pieces[at]
    for at in range(len(pieces) - 1, -1, -1):
        offset, data = pieces[at]
        if draws.below(5) == 0:
            cut = draws.below(len(data))
            pieces.insert(min(len(pieces), at + 1 + draws.below(4)), (offset + cut, data[cut:]))
    return pieces


def packets_of(draws: Draws, talk: Talk) -> Iterator[tuple[float, bytes]]:
    """Time and frame of each packet of a connection."""
    own = (talk.client, 30000 + draws.below(30000), talk.server, talk.port)
    ends = own, own[2:] + own[:2]
    # Numbers that begin so high pass zero in the middle of a long transfer.
    numbers = [2**32 - draws.below(9000) for _ in ends]
    at = talk.at

    def send(side: int, flags: int, data: bytes = b"", offset: int = 0) -> tuple[float, bytes]:
        nonlocal at
        at += (draws.below(9000) + 200) / 1e6
        seen = numbers[1 - side] if flags & ACK else 0
        pair = [(numbers[side] + offset) % 2**32, seen % 2**32]
        return at, segment(ends[side], pair, flags, data)

    yield send(CLIENT, SYN)
    numbers[CLIENT] += 1
    yield send(SERVER, SYN | ACK)
    numbers[SERVER] += 1
    yield send(CLIENT, ACK)
    for side, said in talk.turns:
        if said == PAUSE:
            at += 2.0
            continue
        pieces = [(cut, said[cut : cut + MSS]) for cut in range(0, len(said), MSS)]
        for offset, data in roughen(draws, pieces) if talk.rough else pieces:
            yield send(side, PSH | ACK, data, offset)
        numbers[side] += len(said)
        yield send(1 - side, ACK)
        at += draws.below(120) / 1e3
    for side in (CLIENT, SERVER):
        yield send(side, FIN | ACK)
        numbers[side] += 1
    yield send(CLIENT, ACK)


def crypt(password: str, data: bytes) -> bytes:
    """The traditional encryption of PKWARE (APPNOTE 6.1)."""
    table = [zlib.crc32(bytes([value ^ 0xFF])) ^ 0xFF000000 for value in range(256)]
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = keys[0] >> 8 ^ table[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = keys[2] >> 8 ^ table[(keys[2] ^ keys[1] >> 24) & 0xFF]

    for byte in password.encode():
        update(byte)
    done = bytearray()
    for byte in data:
        low = keys[2] & 0xFFFF | 2
        done.append(byte ^ (low * (low ^ 1) >> 8 & 0xFF))
        update(byte)
    return bytes(done)


def make_zip(draws: Draws, secret: Secret) -> bytes:
    """The archive of a secret, stored and encrypted."""
    plan = "".join(f"{draws.below(1 << 256):064x}\n" for _ in range(500))
    body, index, texts = b"", b"", {"plan.txt": plan, "code.txt": f"{secret.code}\n"}
    for name, text in texts.items():
        data, crc = text.encode(), zlib.crc32(text.encode())
        noise = draws.below(1 << 88).to_bytes(11, "big")
        coded = crypt(secret.opens, noise + bytes([crc >> 24]) + data)
        sizes = crc, len(coded), len(data), len(name), 0
        fields = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0x6000, 0x5866, *sizes)
        index += b"PK\1\2\x14\0" + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        index += name.encode()
        body += b"PK\3\4" + fields + name.encode() + coded
    end = struct.pack("<HHHHIIH", 0, 0, len(texts), len(texts), len(index), len(body), 0)
    return body + index + b"PK\5\6" + end


@dataclass(frozen=True)
class Asked:
    """Who asks for which file, and what comes of it: sent, cut or denied."""

    name: str
    path: str
    data: bytes
    fate: str


@dataclass(frozen=True)
class Secret:
    """An archive that somebody sent away, and what opens it."""

    sender: str
    password: str
    channel: str
    words: list[str]
    number: int
    name: str
    code: str

    @property
    def opens(self) -> str:
        """The archive's password, as the mail describes it."""
        return f"{self.words[-1]}-{self.password}-{self.number}"


@dataclass(frozen=True)
class Case:
    """All that was captured, and the report that it should give."""

    packets: list[tuple[float, bytes]]
    report: dict[str, str]


@dataclass(frozen=True)
class Office:
    """Addresses, and passwords by account."""

    files: str
    mail: str
    web: str
    desks: dict[str, str]
    passwords: dict[str, str]


def make_office(draws: Draws) -> Office:
    """Everybody has a desk."""
    net = f"10.{draws.below(200) + 10}.{draws.below(250)}"
    ends = draws.shuffled([f"{net}.{end}" for end in range(20, 250)])
    desks = dict(zip(PEOPLE, ends, strict=False))
    passwords = {name: f"{draws.word()}{draws.below(90) + 10}" for name in PEOPLE}
    return Office(f"{net}.5", f"{net}.6", f"{net}.7", desks, passwords)


def lines(*texts: str) -> bytes:
    """Lines as these protocols end them."""
    return "".join(f"{text}\r\n" for text in texts).encode()


def ask(said: str, answer: str) -> list[Turn]:
    """A line of the client's, and what the server says to it."""
    return [(CLIENT, lines(said)), (SERVER, lines(answer))]


def log_in(name: str, wrong: list[str], password: str | None) -> list[Turn]:
    """The beginning of an FTP session; without a password it goes no further."""
    turns = [(SERVER, lines("220 Files of the house"))]
    for each in [*wrong, password]:
        if each is not None:
            said = "230 Logged in" if each == password else "530 Login incorrect"
            turns += ask(f"USER {name}", "331 Password required") + ask(f"PASS {each}", said)
    return turns


def fetch(draws: Draws, office: Office, at: float, turns: list[Turn], asked: Asked) -> list[Talk]:
    """A session that asks for a file, and the connection that brings it."""
    desk, size = office.desks[asked.name], len(asked.data)
    port = 40000 + draws.below(20000)
    place = ",".join([*office.files.split("."), str(port >> 8), str(port & 255)])
    turns = turns + ask("TYPE I", "200 Type set to I")
    turns += ask("PASV", f"227 Entering Passive Mode ({place})")
    talks = []
    if asked.fate == "denied":
        turns += ask(f"RETR {asked.path}", "550 Permission denied")
    else:
        whole = asked.fate == "sent"
        sent = asked.data if whole else asked.data[: size * (3 + draws.below(5)) // 10]
        talks = [Talk(desk, office.files, port, at + 2.0, [(SERVER, sent)], rough=True)]
        turns += ask(
            f"RETR {asked.path}", f"150 Opening connection for {asked.path} ({size} bytes)"
        )
        end = "226 Transfer complete" if whole else "426 Connection closed; transfer aborted"
        turns += [(SERVER, PAUSE), (SERVER, lines(end))]
    return [Talk(desk, office.files, 21, at, turns + ask("QUIT", "221 Goodbye")), *talks]


def write_mail(draws: Draws, office: Office, at: float, sender: str, text: str) -> Talk:
    """A mail to somebody outside, its text in base64."""
    coded = base64.encodebytes(text.encode()).decode().split()
    to, own = f"{draws.word()}@partner.invalid", f"{sender}@house.invalid"
    subject = draws.pick(("as discussed", "archive", "tomorrow", "short question", "re: list"))
    head = [f"From: {own}", f"To: {to}", f"Subject: {subject}", "MIME-Version: 1.0"]
    head += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", ""]
    turns = [(SERVER, lines("220 mail")), *ask("EHLO desk", "250 mail")]
    turns += ask(f"MAIL FROM:<{own}>", "250 ok") + ask(f"RCPT TO:<{to}>", "250 ok")
    turns += [*ask("DATA", "354 go on"), (CLIENT, lines(*head, *coded, "."))]
    turns += [(SERVER, lines("250 queued")), *ask("QUIT", "221 bye")]
    return Talk(office.desks[sender], office.mail, 25, at, turns)


def send_http(office: Office, at: float, name: str, head: list[str], body: bytes = b"") -> Talk:
    """A request, and that it was heard."""
    answer = lines("HTTP/1.1 204 No Content", "")
    turns = [(CLIENT, lines(*head, "Host: house.invalid", "") + body), (SERVER, answer)]
    return Talk(office.desks[name], office.web, 80, at, turns)


def post(office: Office, at: float, author: str, channel: str, text: str) -> Talk:
    """A message in the chat."""
    body = json.dumps({"author": author, "text": text}).encode()
    head = [f"POST /channels/{channel} HTTP/1.1", f"Content-Length: {len(body)}"]
    return send_http(office, at, author, head, body)


def tell(draws: Draws, office: Office, secret: Secret, at: float) -> list[Talk]:
    """The messages and the mail that give a secret away."""
    text = (
        f"Hello,\nthe archive {secret.name} comes to you on the usual way. Its password has three "
        "parts, with hyphens between them: the word that I posted last in our chat's channel "
        f"{secret.channel}, my password at the file server, and the number {secret.number}.\n"
    )
    talks = [write_mail(draws, office, at, secret.sender, text)]
    others = [name for name in CHANNELS if name != secret.channel]
    for step, word in enumerate(secret.words):
        posted = 300.0 + 100 * step + at % 90
        talks.append(post(office, posted, secret.sender, secret.channel, word))
        talks.append(post(office, posted + 9, secret.sender, draws.pick(others), draws.word()))
    return talks


def make_noise(draws: Draws, office: Office, talkers: list[str]) -> list[Talk]:
    """Chat, mails and pages, and somebody outside who tries passwords.

    The last word that a sender of archives posts must be the one that counts: others chat here.
    """
    talks = []
    outside = f"203.0.113.{draws.below(250) + 1}"
    for _ in range(40):
        when = [float(draws.below(SECONDS)) for _ in range(4)]
        turns = log_in(draws.pick(PEOPLE), [f"{draws.word()}{draws.below(90) + 10}"], None)
        talks.append(Talk(outside, office.files, 21, when[0], turns))
        head = [f"GET /pages/{draws.word()} HTTP/1.1"]
        talks.append(send_http(office, when[1], draws.pick(PEOPLE), head))
        name, channel = draws.pick(talkers), draws.pick(CHANNELS)
        talks.append(post(office, when[2], name, channel, draws.word()))
        text = f"Lunch at {draws.word()}?\n"
        talks.append(write_mail(draws, office, when[3], draws.pick(talkers), text))
    return talks


def make_secret(draws: Draws, office: Office, name: str, channel: str, kind: str) -> Secret:
    """An archive's name, password and code."""
    words = [draws.word() for _ in range(3)]
    number, code = draws.below(9000) + 1000, f"flag{{{draws.below(1 << 128):032x}}}"
    file = f"{kind}-{draws.below(9000) + 1000}.zip"
    return Secret(name, office.passwords[name], channel, words, number, file, code)


def make_case(seed: str) -> Case:
    """The case of a seed: always the same for the same seed."""
    draws = Draws(seed)
    office = make_office(draws)
    thief, other, *rest = draws.shuffled(PEOPLE)
    first, second, *_ = draws.shuffled(CHANNELS)
    offer = make_secret(draws, office, thief, first, "offer")
    menu = make_secret(draws, office, other, second, "menu")
    talks = make_noise(draws, office, rest)
    archives = {each.name: make_zip(draws, each) for each in (offer, menu)}
    for each in (offer, menu):
        talks += tell(draws, office, each, 700.0 + draws.below(300))
    times = draws.shuffled([str(at) for at in range(60, SECONDS - 60, 60)])
    for name, secret, fate in (
        (thief, offer, "sent"),
        (other, menu, "sent"),
        (rest[0], offer, "cut"),
        (rest[1], offer, "denied"),
        (rest[2], menu, "cut"),
    ):
        wrong = [draws.word() for _ in range(1 if name == thief else draws.below(2))]
        turns = log_in(name, wrong, office.passwords[name])
        asked = Asked(name, secret.name, archives[secret.name], fate)
        talks += fetch(draws, office, float(times.pop()), turns, asked)
    report = {
        "account": thief,
        "client": office.desks[thief],
        "password": offer.password,
        "archive_sha256": hashlib.sha256(archives[offer.name]).hexdigest(),
        "archive_password": offer.opens,
        "code": offer.code,
    }
    return Case(sorted(packet for talk in talks for packet in packets_of(draws, talk)), report)


def main() -> None:
    """Write the capture where the agent can read and not change it."""
    FILE.parent.mkdir()
    FILE.parent.chmod(0o755)
    with FILE.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for at, data in make_case(os.environ["SECRET_SEED"]).packets:
            moment = int((START + at) * 1e6)
            file.write(struct.pack("<IIII", *divmod(moment, 10**6), len(data), len(data)) + data)
    FILE.chmod(0o644)


if __name__ == "__main__":
    main()
