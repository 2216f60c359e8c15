"""A noticeboard, and on a port of its own a print desk that gives away what was left there (CWE-530)."""

from __future__ import annotations

import random
import threading

from web import Answer, Request, Site, log, look_alike, page, sample_random, secret

BOARD = Site()
DESK = Site()
ACCOUNT, PASSWORD = secret("account"), secret("password")
QUEUES = ["cellar", "dock", "foyer", "lab", "office", "stairs"]
WORDS = ["alder", "birch", "cedar", "hazel", "larch", "maple", "rowan", "willow"]


def config(queue: str, account: str, password: str) -> str:
    """The settings of a print queue."""
    return f"[queue {queue}]\nserver = gateway\naccount = {account}\npassword = {password}\n"


def former_account(draw: random.Random) -> tuple[str, str]:
    """An account that no longer exists, and its password: like those that do."""
    first, second, third = draw.sample(WORDS, 3)
    name = f"{first}-{draw.randrange(100, 999)}"
    return name, f"{second}-{third}-{draw.getrandbits(48):012x}"


def make_files() -> tuple[dict[str, str], str]:
    """What lies about at the print desk, and which of it holds an account that still exists."""
    draw = sample_random()
    queues = draw.sample(QUEUES, 4)
    files = {
        f"{queue}-{draw.randrange(100, 999)}.conf.bak": config(queue, *former_account(draw))
        for queue in queues[1:]
    }
    kept = f"{queues[0]}-{draw.randrange(100, 999)}.conf.bak"
    files[kept] = config(queues[0], ACCOUNT, PASSWORD)
    test = f"sealed-record-{draw.randrange(100, 999)}.txt"
    files[test] = f"test page, no record: {look_alike(draw)}"
    return dict(sorted(files.items())), kept


FILES, KEPT = make_files()


@BOARD.route("GET", "/")
def show_board(_: Request) -> Answer:
    """What everybody may know."""
    return page(
        "Noticeboard",
        "<p>The print desk has a port of its own now, and so have all services (20000 to 20199).</p>",
        "<p>Operations: please do not use one password for everything.</p>",
    )


@DESK.route("GET", "/")
def show_desk(_: Request) -> Answer:
    """The files."""
    log("the files were listed")
    return page("Print desk", *(f'<p><a href="/file/{name}">{name}</a></p>' for name in FILES))


@DESK.route("GET", "/file/([a-z0-9.-]+)")
def show_file(_: Request, name: str) -> Answer:
    """One file."""
    if name not in FILES:
        return page("Print desk", "<p>There is no such file.</p>", status=404)
    if name == KEPT:
        log("the account that still exists was read")
    return Answer(FILES[name], headers={"Content-Type": "text/plain; charset=utf-8"})


if __name__ == "__main__":
    threading.Thread(target=BOARD.serve, daemon=True).start()
    DESK.serve(int(secret("desk-port")))
