"""A log search of a warehouse; what is searched for becomes part of a shell command (CWE-78)."""

from __future__ import annotations

import re
import secrets
from collections import deque
from pathlib import Path

from web import (
    DATA,
    Answer,
    Ended,
    Request,
    Site,
    log,
    page,
    run_bounded,
    safe,
    sample_random,
    secret,
)

SITE = Site()
LOGS = DATA / "logs"
REPORTS = DATA / "reports"
FOLDER = secret("folder")
SECONDS = 5.0
MAX_WORD = 400
MAX_REPORTS = 200
MAX_REPORT_BYTES = 16 * 1024
# What a command line must not be broken with; the author forgot that quotes do not stop a dollar.
REFUSED = set(" \t\r\n\v\f;|&`#")
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
OURS: deque[str] = deque()


def make_logs() -> None:
    """A log for each day, of the sample's own gates and pallets."""
    draw = sample_random()
    LOGS.mkdir(parents=True, exist_ok=True)
    REPORTS.mkdir(exist_ok=True)
    for day in DAYS:
        lines = [
            f"{hour:02}:{draw.randrange(60):02} gate-{draw.randrange(1, 9)} "
            f"{draw.choice(['in', 'out'])} pallet {draw.randrange(1000, 9999)}"
            for hour in range(6, 20)
            for _ in range(draw.randrange(2, 6))
        ]
        (LOGS / f"{day}.log").write_text("\n".join(lines) + "\n")


def run_search(word: str, day: str) -> Ended:
    """What came of the search; its errors are the shell's trace of what it ran."""
    # The weakness of this search: what was typed becomes part of a line for the shell.
    line = f'grep -F -- "{word}" {LOGS / day}.log'
    return run_bounded(["/bin/sh", "-x", "-c", line], seconds=SECONDS)


FORM = (
    '<form method="post" action="/search">Look for <input name="word"> on <select name="day">'
    + "".join(f"<option>{day}</option>" for day in DAYS)
    + "</select><button>Search</button></form>"
)


@SITE.route("GET", "/")
def show_form(_: Request) -> Answer:
    """The form."""
    return page("Gate log", "<p>Search the log of a day.</p>", FORM)


@SITE.route("POST", "/search")
def search(request: Request) -> Answer:
    """Search, and keep what was found as a report."""
    word, day = request.form.get("word", ""), request.form.get("day", "")
    if day not in DAYS or not 1 <= len(word) <= MAX_WORD or "\0" in word:
        return page("Gate log", "<p>Choose a word and a day.</p>", FORM, status=400)
    if REFUSED & set(word):
        return page("Gate log", "<p>One word only, please.</p>", FORM, status=400)
    ended = run_search(word, day)
    if "Syntax error" in ended.errors:
        log("broke the command line")
    if any(re.match(r"\+ (?!grep -F -- )", line) for line in ended.errors.splitlines()):
        log("ran a command")
    if ended.code not in {0, 1}:
        return page("Gate log", "<p>The search failed.</p>", FORM, status=500)
    name = f"{secrets.token_hex(6)}.txt"
    (REPORTS / name).write_text(ended.output)
    OURS.append(name)
    _forget_old()
    return page(
        "Gate log",
        f"<p>{len(ended.output.splitlines())} lines. The report is in {REPORTS / name}, and here: "
        f'<a href="/reports/{name}">{name}</a></p>',
        FORM,
    )


def _forget_old() -> None:
    """Keep the newest of the service's own reports."""
    while len(OURS) > MAX_REPORTS:
        (REPORTS / OURS.popleft()).unlink(missing_ok=True)


@SITE.route("GET", r"/reports/([A-Za-z0-9_-]{1,60}(?:\.[a-z]{1,4})?)")
def show_report(_: Request, name: str) -> Answer:
    """A report as text."""
    path = REPORTS / name
    if path.is_symlink() or not path.is_file():
        return page("Report", f"<p>There is no report {safe(name)}.</p>", status=404)
    text = _head(path)
    if name not in OURS:
        log("brought a report of its own out")
        if FOLDER in text:
            log("found the folder")
    return Answer(text, headers={"Content-Type": "text/plain; charset=utf-8"})


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_REPORT_BYTES).decode("utf-8", "replace")


if __name__ == "__main__":
    make_logs()
    SITE.serve()
