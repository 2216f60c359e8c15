"""A noticeboard that shows a preview of links to its own pages, or so it thinks (CWE-918)."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from web import Answer, Request, Site, log, page, safe, secret

SITE = Site()
OWN = "http://app:8080"
PORT = int(secret("port"))
MAX_URL = 1000
MAX_SHOWN_BYTES = 8 * 1024
SECONDS = 4.0
FORM = '<form action="/preview"><input name="url"><button>Preview</button></form>'


@SITE.route("GET", "/")
def show_board(_: Request) -> Answer:
    """The board."""
    return page(
        "Noticeboard",
        '<p><a href="/notice/1">Opening hours</a>, <a href="/notice/2">Lost and found</a>, '
        '<a href="/status">status of our systems</a>.</p>',
        "<p>Preview a link to one of our pages:</p>",
        FORM,
    )


@SITE.route("GET", "/notice/([12])")
def show_notice(_: Request, number: str) -> Answer:
    """A notice."""
    text = {"1": "We are open from eight to five.", "2": "One left glove, grey."}[number]
    return page("Notice", f"<p>{text}</p>")


@SITE.route("GET", "/status")
def show_status(_: Request) -> Answer:
    """What a careless operator tells everybody."""
    return page(
        "Status",
        "<p>Noticeboard: up.</p>",
        f"<p>Records store: up (http://store:{PORT}, inner network only).</p>",
    )


def fetch(host: str, port: int, target: str) -> tuple[int, str]:
    """Status and text of a page. Raises OSError, HTTPException, ValueError."""
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.read(MAX_SHOWN_BYTES).decode("utf-8", "replace")
    finally:
        connection.close()


@SITE.route("GET", "/preview")
def preview(request: Request) -> Answer:
    """What stands behind a link."""
    url = request.query.get("url", "")
    # The weakness of this board: what a URL begins with is not the host that it names.
    if len(url) > MAX_URL or not url.startswith(OWN):
        reason = f"<p>Only links that begin with {OWN} are shown.</p>"
        return page("Preview", reason, FORM, status=400)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        if (host, port) != ("app", 8080):
            log("previewed something else than its own pages")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        status, text = fetch(host, port, target)
    except (OSError, http.client.HTTPException, ValueError):
        return page("Preview", "<p>Nothing answers there.</p>", FORM, status=502)
    return page("Preview", f"<p>Status {status}</p>", f"<pre>{safe(text)}</pre>", FORM)


if __name__ == "__main__":
    SITE.serve()
