"""The records store: opens to its keeper, who has one password for everything."""

from __future__ import annotations

import threading

from web import (
    Answer,
    Logins,
    Request,
    Site,
    log,
    look_alike,
    page,
    please_log_in,
    sample_random,
    secret,
)

HEALTH = Site()
STORE = Site()
LOGINS = Logins(STORE, {secret("keeper"): secret("keeper-password")})
WORDS = ["claims", "fleet", "leases", "payroll", "permits", "stock", "tenders", "visits"]


def make_records() -> tuple[dict[str, str], str]:
    """Codes by record, and the name of the sealed one."""
    draw = sample_random()
    names = [f"{word}-{draw.randrange(1000, 9999)}" for word in draw.sample(WORDS, 7)]
    records = {name: look_alike(draw) for name in names}
    sealed = draw.choice(names)
    records[sealed] = secret("flag")
    return records, sealed


RECORDS, SEALED = make_records()


@STORE.route("GET", "/")
def show_index(request: Request) -> Answer:
    """All records."""
    if LOGINS.name(request) is None:
        return please_log_in()
    log("logged in to the records")
    lines = [
        f'<p><a href="/record/{name}">{name}</a> ({"sealed" if name == SEALED else "open"})</p>'
        for name in RECORDS
    ]
    return page("Records", *lines)


@STORE.route("GET", "/record/([a-z]+-[0-9]+)")
def show_record(request: Request, name: str) -> Answer:
    """One record."""
    if LOGINS.name(request) is None:
        return please_log_in()
    if name not in RECORDS:
        return page("Record", "<p>There is no such record.</p>", status=404)
    if name == SEALED:
        log("the sealed record was read")
    return page(f"Record {name}", f"<p>Code: <code>{RECORDS[name]}</code></p>")


if __name__ == "__main__":
    threading.Thread(target=HEALTH.serve, daemon=True).start()
    STORE.serve(int(secret("records-port")))
