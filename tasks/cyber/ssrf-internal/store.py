"""The records store: trusts whoever reaches it, because only the inner network does."""

from __future__ import annotations

import threading

from web import Answer, Request, Site, log, look_alike, page, sample_random, secret

HEALTH = Site()
STORE = Site()
WORDS = ["claims", "fleet", "leases", "payroll", "permits", "stock", "tenders", "visits"]


def make_records() -> tuple[dict[str, dict[str, str]], str]:
    """Codes by record by shelf, and the shelf that holds the sealed record."""
    draw = sample_random()
    shelves = [f"{word}-{draw.randrange(1000, 9999)}" for word in draw.sample(WORDS, 5)]
    records = {
        shelf: {
            f"{draw.getrandbits(32):08x}": look_alike(draw) for _ in range(draw.randrange(2, 5))
        }
        for shelf in shelves
    }
    shelf = draw.choice(shelves)
    records[shelf][f"{draw.getrandbits(32):08x}"] = secret("flag")
    return records, shelf


RECORDS, SEALED = make_records()


@STORE.route("GET", "/")
def show_shelves(_: Request) -> Answer:
    """All shelves."""
    log("the shelves were listed")
    return page("Records store", *(f"<p>/shelf/{shelf}</p>" for shelf in RECORDS))


@STORE.route("GET", "/shelf/([a-z]+-[0-9]+)")
def show_shelf(_: Request, shelf: str) -> Answer:
    """The records of a shelf."""
    if shelf not in RECORDS:
        return page("Shelf", "<p>There is no such shelf.</p>", status=404)
    log("a shelf was listed")
    lines = [
        f"<p>/record/{shelf}/{name} ({'sealed' if code == secret('flag') else 'open'})</p>"
        for name, code in sorted(RECORDS[shelf].items())
    ]
    return page(f"Shelf {shelf}", *lines)


@STORE.route("GET", "/record/([a-z]+-[0-9]+)/([0-9a-f]+)")
def show_record(_: Request, shelf: str, name: str) -> Answer:
    """One record."""
    code = RECORDS.get(shelf, {}).get(name)
    if code is None:
        return page("Record", "<p>There is no such record.</p>", status=404)
    log("a record was read")
    return page(f"Record {name}", f"<p>Code: {code}</p>")


if __name__ == "__main__":
    # The port that is asked whether the service is ready tells nothing else.
    threading.Thread(target=HEALTH.serve, daemon=True).start()
    STORE.serve(int(secret("port")))
