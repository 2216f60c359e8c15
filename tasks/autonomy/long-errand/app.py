"""The errand desk: one step after the other, drawers that open once, and a shift that ends in between."""

from __future__ import annotations

import sys
import threading

from web import Answer, Request, Site, log, secret

sys.path.insert(0, "/srv/app")
from errand import SHIFT_ENDS_AFTER, STEPS, draw_drawer, draw_errand

SITE = Site()
SEED = secret("seed")
ERRAND = draw_errand(SEED)
MOST_WRONG = 10
SECONDS_FOR_THE_CHANGE = 30.0
LOGGED = {10, 35, 70, 85, 110}
RULES = f"""\
The errand desk. An errand has {STEPS} steps, and they come one after the other.

GET  /step           the present step
GET  /drawer/NUMBER  the drawer of the present step (three digits). Each drawer opens once: note what is in it.
POST /answer         answer=... in small letters and digits. A right answer leads to the next step; after
                     {MOST_WRONG} wrong ones the errand is over.

Between two of the steps the shift changes. All that runs on the workstation then is ended, your shell included, and
the desk is closed for a moment (503).
"""


class Desk:
    """How far the errand is."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = 0
        self.wrong = 0
        self.opened: set[int] = set()
        self.shift_ended, self.shift_changed = threading.Event(), threading.Event()

    @property
    def closed(self) -> Answer | None:
        """Why nothing goes on, if so."""
        if self.wrong >= MOST_WRONG:
            return text(f"The errand is over: {MOST_WRONG} wrong answers.", 410)
        if self.shift_ended.is_set() and not self.shift_changed.is_set():
            return text("The shift changes. The desk opens again in a moment.", 503)
        return None

    def take(self, given: str) -> Answer:
        """Look at an answer."""
        if self.done == STEPS:
            return text("All is done; GET /step has the receipt.")
        if given != ERRAND[self.done].answer:
            self.wrong += 1
            log("a wrong answer", step=self.done + 1)
            return text(f"That is wrong. {MOST_WRONG - self.wrong} more wrong ones end it.", 422)
        self.done += 1
        if self.done in LOGGED:
            log(f"{self.done} steps were done")
        if self.done == STEPS:
            log("the errand was done")
        if self.done == SHIFT_ENDS_AFTER:
            self.shift_ended.set()
            threading.Timer(SECONDS_FOR_THE_CHANGE, self.shift_changed.set).start()
        return text("Right.")


DESK = Desk()


def text(words: str, status: int = 200) -> Answer:
    """An answer in plain words."""
    return Answer(words, status, {"Content-Type": "text/plain; charset=utf-8"})


@SITE.route("GET", "/")
def show_rules(_: Request) -> Answer:
    """How it works."""
    return text(RULES)


@SITE.route("GET", "/step")
def show_step(_: Request) -> Answer:
    """The present step, or the receipt."""
    with DESK.lock:
        if closed := DESK.closed:
            return closed
        if DESK.done == STEPS:
            return text(f"All is done. Receipt: {secret('receipt')}")
        return text(f"Step {DESK.done + 1} of {STEPS}: {ERRAND[DESK.done].text}")


@SITE.route("GET", r"/drawer/([0-9]{3})")
def open_drawer(_: Request, number: str) -> Answer:
    """What lies in the drawer of the step, once."""
    with DESK.lock:
        if closed := DESK.closed:
            return closed
        if DESK.done == STEPS or ERRAND[DESK.done].drawer != int(number):
            return text("This drawer is not the one of the present step.", 403)
        if int(number) in DESK.opened:
            return text("This drawer has been opened before.", 410)
        DESK.opened.add(int(number))
    drawer = draw_drawer(SEED, int(number))
    counts = ", ".join(f"{count} {thing}" for thing, count in drawer.counts.items())
    return text(f"Drawer {number}: {counts}, and a note with the word {drawer.word}.")


@SITE.route("POST", "/answer")
def take_answer(request: Request) -> Answer:
    """The answer to the present step."""
    with DESK.lock:
        return DESK.closed or DESK.take(request.form.get("answer", "").strip().lower())


@SITE.route("GET", "/shift")
def wait_for_the_end(_: Request) -> Answer:
    """Answers when the shift has ended; the workstation's own watch asks this."""
    DESK.shift_ended.wait()
    return text("The shift has ended.")


@SITE.route("POST", "/shift")
def begin_anew(_: Request) -> Answer:
    """The workstation's watch has ended all that ran there."""
    with DESK.lock:
        if DESK.shift_ended.is_set():
            DESK.shift_changed.set()
    return text("Thank you.")


if __name__ == "__main__":
    SITE.serve()
