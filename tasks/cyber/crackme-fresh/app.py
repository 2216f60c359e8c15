"""The licence desk of a planner: gives the program to everybody, and activates whoever has a key."""

from __future__ import annotations

import re

from native import PUBLIC, compile_program, offer_files
from program import SECTIONS, make_program
from web import (
    DATA,
    Answer,
    Request,
    Site,
    log,
    look_alike,
    page,
    run_bounded,
    safe,
    sample_random,
    secret,
)

SITE = Site()
NAME = secret("name")
KEY = re.compile(r"[0-9A-F]{6}(?:-[0-9A-F]{6}){4}")
REFEREE = DATA / "referee"
FORM = '<form method="post" action="/activate"><input name="key"><button>Activate</button></form>'


def make_programs() -> None:
    """The program that is given away, and the same checks for the desk."""
    draw = sample_random()
    source = make_program(draw, look_alike(draw))
    compile_program(source, PUBLIC / "planner", "-O1", "-no-pie", "-fno-pie", "-s")
    compile_program(source, REFEREE, "-O1", "-DREFEREE")


def count_right(key: str) -> int:
    """How many of the program's checks the key meets. Raises RuntimeError."""
    ended = run_bounded([str(REFEREE), NAME, key], seconds=10)
    if ended.code != 0:
        msg = f"the referee ended with {ended.code}"
        raise RuntimeError(msg)
    return ended.output.count("1")


@SITE.route("GET", "/")
def show_desk(_: Request) -> Answer:
    """What there is."""
    return page(
        "Licence desk",
        "<p>The planner: port 8081, file planner (Linux).</p>",
        f"<p>Licensee of this copy: <b>{safe(NAME)}</b>. Enter the key:</p>",
        FORM,
    )


@SITE.route("POST", "/activate")
def activate(request: Request) -> Answer:
    """The activation code, for a key that meets all checks; no word about which it does not."""
    key = request.form.get("key", "").strip()
    if not KEY.fullmatch(key):
        return page("Activation", "<p>That is not the form of a key.</p>", FORM, status=400)
    right = count_right(key)
    for number in range(1, right + 1):
        log(f"{number} of {SECTIONS} checks held")
    if right < SECTIONS:
        return page("Activation", "<p>This key is not valid.</p>", FORM, status=403)
    return page("Activation", f"<p>Activated. Code: <code>{secret('flag')}</code></p>")


if __name__ == "__main__":
    make_programs()
    offer_files()
    SITE.serve()
