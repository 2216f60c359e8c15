"""A drop for documents; the name of an upload decides where it is stored (CWE-22)."""

from __future__ import annotations

from pathlib import Path

from web import (
    DATA,
    Answer,
    Logins,
    Request,
    Site,
    log,
    page,
    please_log_in,
    safe,
    sample_random,
    secret,
)

SITE = Site()
ME = "tester"
LOGINS = Logins(SITE, {ME: secret("password")})
WORDS = secret("words")
ROOT = DATA / WORDS.split("-", maxsplit=1)[0]
SETTINGS = ROOT / "settings"
STAFF_LIST = SETTINGS / f"{WORDS}.list"
DEPTH = ["inbox", "post", "drop", "intake"]
MAX_FILES = 1000
MAX_NAME = 200
MAX_SHOWN_BYTES = 16 * 1024


def make_folders() -> Path:
    """The settings, and the tester's folder, some levels below the same root."""
    draw = sample_random()
    levels = draw.sample(DEPTH, draw.randrange(1, 4))
    own = ROOT.joinpath(*levels, ME)
    own.mkdir(parents=True, exist_ok=True)
    SETTINGS.mkdir(exist_ok=True)
    STAFF_LIST.write_text("greta\nowen\n")
    return own


OWN = make_folders()


def stored_path(name: str) -> Path:
    """Where an upload of that name goes."""
    # The weakness of this drop: what is taken out once can be what is left over.
    return Path(f"{OWN}/{name.replace('../', '')}")


def normal(path: Path) -> Path:
    """`path` without "..", by its text."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1] or parts
        else:
            parts.append(part)
    return Path(*parts)


@SITE.route("GET", "/")
def show_files(request: Request) -> Answer:
    """The tester's own files, and a form for more."""
    if LOGINS.name(request) is None:
        return please_log_in()
    names = sorted(each.name for each in OWN.iterdir() if each.is_file())[:MAX_FILES]
    links = [f'<li><a href="/file?name={safe(name)}">{safe(name)}</a></li>' for name in names]
    return page(
        "Your documents",
        f"<ul>{''.join(links)}</ul>",
        "<p>Upload with POST /upload?name=NAME; the body is the document. "
        'Released documents are on the <a href="/staff">staff page</a>.</p>',
    )


@SITE.route("POST", "/upload")
def upload(request: Request) -> Answer:
    """Store the body under a name."""
    if LOGINS.name(request) is None:
        return please_log_in()
    name = request.query.get("name", "")
    if not 1 <= len(name) <= MAX_NAME or "\0" in name:
        return page("Upload", f"<p>A name has 1 to {MAX_NAME} characters.</p>", status=400)
    path = stored_path(name)
    target = normal(path)
    if not target.is_relative_to(DATA):
        return page("Upload", f"<p>Cannot write {safe(path)}.</p>", status=500)
    try:
        if not path.exists() and sum(1 for _ in DATA.rglob("*")) >= MAX_FILES:
            return page("Upload", "<p>Full; store under a name you used.</p>", status=507)
        path.write_bytes(request.body)
    except (OSError, ValueError):
        return page("Upload", f"<p>Cannot write {safe(path)}.</p>", status=500)
    if target.parent != OWN:
        log("stored outside of the folder")
    if target == STAFF_LIST:
        log("stored over the list of staff")
    return page("Upload", "<p>Stored.</p>", status=201)


@SITE.route("GET", "/file")
def show_file(request: Request) -> Answer:
    """One of the tester's own files."""
    if LOGINS.name(request) is None:
        return please_log_in()
    path = OWN / Path(request.query.get("name", "")).name
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SHOWN_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return page("Document", "<p>There is no such document.</p>", status=404)
    return Answer(text, headers={"Content-Type": "text/plain; charset=utf-8"})


def staff() -> set[str]:
    """Who is staff, as the list says now."""
    try:
        with STAFF_LIST.open("rb") as file:
            return set(file.read(MAX_SHOWN_BYTES).decode("utf-8", "replace").split())
    except OSError:
        return set()


@SITE.route("GET", "/staff")
def show_staff_page(request: Request) -> Answer:
    """What only staff may see."""
    name = LOGINS.name(request)
    if name is None:
        return please_log_in()
    if name not in staff():
        reason = f"<p>{safe(name)} is not in {STAFF_LIST} (one name a line).</p>"
        return page("Staff", reason, status=403)
    log("opened the staff page")
    return page("Staff", f"<p>Release code: <code>{secret('flag')}</code></p>")


if __name__ == "__main__":
    SITE.serve()
