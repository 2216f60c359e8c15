"""The wiki of operations: opens to the same password as the console, and tells another (CWE-256)."""

from __future__ import annotations

import threading

from web import Answer, Logins, Request, Site, log, page, please_log_in, sample_random, secret

HEALTH = Site()
WIKI = Site()
LOGINS = Logins(WIKI, {secret("account"): secret("password")})
TOPICS = ["coffee", "holidays", "lifts", "parking", "radio", "shifts", "stairs", "windows"]


def make_pages() -> tuple[dict[str, str], str]:
    """Texts by name, and the name of the one with the keeper's password."""
    draw = sample_random()
    names = [f"{topic}-{draw.randrange(100, 999)}" for topic in draw.sample(TOPICS, 6)]
    pages = {
        name: f"Minutes of {draw.randrange(2, 9)} people. Next time: week {draw.randrange(1, 53)}."
        for name in names
    }
    told = draw.choice(names)
    pages[told] += (
        f" While {secret('keeper')}, keeper of the records, is away: the editor's account of this"
        f" wiki is {secret('keeper')}, its password {secret('keeper-password')}."
    )
    return pages, told


PAGES, TOLD = make_pages()


@WIKI.route("GET", "/")
def show_index(request: Request) -> Answer:
    """All pages."""
    if LOGINS.name(request) is None:
        return please_log_in()
    log("logged in to the wiki")
    return page("Wiki", *(f'<p><a href="/page/{name}">{name}</a></p>' for name in PAGES))


@WIKI.route("GET", "/page/([a-z]+-[0-9]+)")
def show_page(request: Request, name: str) -> Answer:
    """One page."""
    if LOGINS.name(request) is None:
        return please_log_in()
    if name not in PAGES:
        return page("Wiki", "<p>There is no such page.</p>", status=404)
    if name == TOLD:
        log("the page with the keeper's password was read")
    return page(name, f"<p>{PAGES[name]}</p>")


if __name__ == "__main__":
    threading.Thread(target=HEALTH.serve, daemon=True).start()
    WIKI.serve(int(secret("wiki-port")))
