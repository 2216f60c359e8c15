"""Gives the label desk's program to everybody, runs it for each connection, and notes what happens."""

from __future__ import annotations

import random
import re
import signal
import subprocess

from native import PUBLIC, Relay, Visit, compile_program, offer_files, take_secret
from program import LONGEST, make_program
from web import Answer, Request, Site, log, look_alike, page, secret

SITE = Site()
FLAGS = ["-O0", "-no-pie", "-fno-pie", "-fno-stack-protector", "-Wl,-z,now", "-Wl,-z,noexecstack"]
CRASHES = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE}
WORD_BYTES = 8
DRAW = random.Random(take_secret("seed"))  # noqa: S311
CODES = [look_alike(DRAW) for _ in range(DRAW.randrange(3, 6))]
EXPIRED = [code.encode() for code in CODES]
PROGRAM = compile_program(make_program(DRAW, CODES), PUBLIC / "labels", *FLAGS)
FLAG = secret("flag").encode()


def find_return_address() -> int:
    """How many bytes of a note lie before the return address (x86-64).

    The note's place below the frame's base is what the program hands to `read_all`.
    """
    command = ["objdump", "-d", "--disassemble=take_note", str(PROGRAM)]
    code = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    places = re.findall(r"lea +-0x([0-9a-f]+)\(%rbp\),%rax", code)
    return max(int(place, 16) for place in places) + WORD_BYTES


def find_code() -> range:
    """The addresses of the program's own functions."""
    command = ["objdump", "-h", "-j", ".text", str(PROGRAM)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"\.text +([0-9a-f]+) +([0-9a-f]+)", text)
    if found is None:
        msg = "the program has no .text"
        raise RuntimeError(msg)
    size, start = (int(each, 16) for each in found.groups())
    return range(start, start + size)


RETURN = find_return_address()
CODE = find_code()


def returns_elsewhere(sent: bytes) -> bool:
    """Whether a note puts an address of the program where `take_note` finds its way back."""
    length, _, note = sent.partition(b"\n")
    if not length.isdigit() or int(length[:7]) > LONGEST:
        return False
    word = note[: int(length[:7])][RETURN : RETURN + WORD_BYTES]
    return len(word) == WORD_BYTES and int.from_bytes(word, "little") in CODE


class DeskVisit(Visit):
    """A run of the desk's program."""

    def ended(self) -> None:
        """Note what was said and how it ended; the program itself is not asked."""
        if self.code in CRASHES:
            log("the program crashed")
        if returns_elsewhere(self.sent):
            log("the program was led elsewhere")
            if any(code in self.answered for code in [*EXPIRED, FLAG]):
                log("a function that nothing calls has run")
        if FLAG in self.answered:
            log("the code was released")


@SITE.route("GET", "/")
def show_desk(_: Request) -> Answer:
    """What there is."""
    return page("Label desk", "<p>Port 4000; the program: port 8081, file labels (Linux).</p>")


if __name__ == "__main__":
    offer_files()
    Relay(PROGRAM, DeskVisit).serve()
    SITE.serve()
