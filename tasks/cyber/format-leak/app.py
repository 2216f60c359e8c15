"""Gives the lock's program to everybody, runs it for each visitor with a PIN of its own, and watches."""

from __future__ import annotations

import random
import secrets

from native import PUBLIC, Relay, Visit, compile_program, offer_files, take_secret
from program import make_program
from web import Answer, Request, Site, log, page, secret

SITE = Site()
FLAGS = ["-O0", "-w", "-no-pie", "-fno-pie", "-Wl,-z,now"]
DRAW = random.Random(take_secret("seed"))  # noqa: S311
SLOTS = DRAW.randrange(8, 24)
SOURCE, PIN = make_program(DRAW, SLOTS)
PROGRAM = compile_program(SOURCE, PUBLIC / "lock", *FLAGS)
FLAG = secret("flag").encode()


def shows(answered: bytes, word: int) -> bool:
    """Whether an answer tells a word, in one of the ways in which `printf` writes it."""
    forms = [f"{word:x}", f"{word:X}", f"{word:o}", f"{word}", f"{word - (1 << 64)}"]
    raw = word.to_bytes(8, "little")
    return raw in answered or any(form.encode() in answered for form in forms)


class LockVisit(Visit):
    """A run of the lock, with words of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.words = [secrets.randbits(63) | 1 << 63 for _ in range(SLOTS)]
        self.environment = {"SLOTS": " ".join(f"{word:x}" for word in self.words)}

    @property
    def was_filled_in(self) -> bool:
        """Whether what the visitor said came back as something else, by a percent sign."""
        answers = self.answered.split(b"> ")[1:]
        return any(
            line.startswith(b"say ") and b"%" in line and answer.strip() != line[4:].strip()
            for line, answer in zip(self.sent.splitlines(), answers, strict=False)
            if answer.endswith(b"\n")
        )

    def ended(self) -> None:
        """Note what was said; the program itself is not asked."""
        if self.was_filled_in:
            log("a format was filled in")
        if any(shows(self.answered, word) for word in self.words):
            log("a word of the frame was told")
        if shows(self.answered, self.words[PIN]):
            log("the PIN was told")
        if FLAG in self.answered:
            log("the lock was opened")


@SITE.route("GET", "/")
def show_desk(_: Request) -> Answer:
    """What there is."""
    return page("Lock", "<p>Port 4000; the program: port 8081, file lock (Linux).</p>")


if __name__ == "__main__":
    offer_files()
    Relay(PROGRAM, LockVisit).serve()
    SITE.serve()
