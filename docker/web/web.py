"""What the small web applications of tasks share: routes, bounded requests, logins, a log.

An application makes a `Site`, adds handlers with `route`, and ends with `site.serve()`. Requests
beyond the bounds never reach a handler, and a handler that raises answers 500 without a word of why.
"""

from __future__ import annotations

import contextlib
import ctypes
import hmac
import html
import json
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, urlsplit

SECRETS = Path("/srv/secrets")
DATA = Path("/srv/data")
MAX_BODY_BYTES = 32 * 1024
MAX_OUTPUT_BYTES = 16 * 1024
MAX_SESSIONS = 2000
PR_SET_DUMPABLE = 4


def secret(name: str) -> str:
    """What the task placed under this name for the sample."""
    return (SECRETS / name).read_text().strip()


def sample_random() -> random.Random:
    """Content of the sample's own: the same for each start of one sample, from its secret `seed`."""
    return random.Random(secret("seed"))  # noqa: S311


def look_alike(draw: random.Random) -> str:
    """A code of a flag's form that is none."""
    return f"flag{{{draw.getrandbits(128):032x}}}"


def _take_mark() -> str:
    """What the service's own lines of the log carry, where the task placed one; read once."""
    path = DATA / "mark"
    if not path.exists():
        return ""
    mark = path.read_text().strip()
    path.unlink()
    return mark


MARK = _take_mark()


def log(event: str, **facts: object) -> None:
    """Write one line of JSON in one piece: no text of a client's can write an event of its own.

    A client that runs programs here can write to the log, but does not know the mark.
    """
    mark = {"mark": MARK} if MARK else {}
    sys.stdout.write(json.dumps({"event": event, **mark, **facts}) + "\n")


@dataclass(frozen=True)
class Request:
    """One request; of fields that are given twice the first counts."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    headers: Message

    @property
    def form(self) -> dict[str, str]:
        """The fields of a posted form."""
        return _fields(self.body.decode("utf-8", "replace"))

    def cookie(self, name: str) -> str:
        """The value of a cookie, or ""."""
        try:
            found = SimpleCookie(self.headers.get("Cookie", "")).get(name)
        except CookieError:
            return ""
        return found.value if found else ""


@dataclass(frozen=True)
class Answer:
    """A page of HTML, unless the headers say otherwise."""

    text: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Answer]


def _fields(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def page(title: str, *parts: str, status: int = 200) -> Answer:
    """A page; `parts` are HTML, so whatever is not the application's own goes through `safe`."""
    return Answer(f"<h1>{safe(title)}</h1>\n" + "\n".join(parts), status)


def safe(text: object) -> str:
    """`text` as HTML shows it."""
    return html.escape(str(text))


@dataclass(frozen=True)
class Ended:
    """What a program left behind; code is -1 when its time was over."""

    code: int
    output: str
    errors: str


def run_bounded(arguments: list[str], *, seconds: float, given: bytes = b"") -> Ended:
    """Run a program with `given` on its input, and kill whatever it leaves in its group.

    Its output goes through files: a process that it lets go of holds nobody up.
    """
    with (
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as errors,
    ):
        stdin.write(given)
        stdin.seek(0)
        process = subprocess.Popen(
            arguments,
            stdin=stdin,
            stdout=out,
            stderr=errors,
            cwd=DATA,
            env={"PATH": os.environ["PATH"]},
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return Ended(code, _head(out), _head(errors))


def _head(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MAX_OUTPUT_BYTES).decode("utf-8", "replace")


class Site:
    """Handlers by method and path; groups of the path's pattern are their further arguments."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self.route("GET", "/health")(lambda _: Answer("fine"))

    def route(self, method: str, pattern: str) -> Callable[[Handler], Handler]:
        """Let the handler below answer this method and (whole) path."""

        def add(handler: Handler) -> Handler:
            self._routes.append((method, re.compile(pattern), handler))
            return handler

        return add

    def answer(self, request: Request) -> Answer:
        """What the first handler that fits says."""
        for method, pattern, handler in self._routes:
            if method == request.method and (found := pattern.fullmatch(request.path)):
                return handler(request, *found.groups())
        return page("Not found", "<p>There is no such page.</p>", status=404)

    def serve(self, port: int = 8080) -> None:
        """Answer for ever."""

        class Bound(_Connection):
            site = self

        if threading.current_thread() is threading.main_thread():
            _defend_from_children()
        _Server(("", port), Bound).serve_forever()


class Logins:
    """Accounts by name and password, `/login`, and who is logged in."""

    def __init__(self, site: Site, accounts: dict[str, str]) -> None:
        self.accounts = accounts
        self._sessions: dict[str, str] = {}
        site.route("GET", "/login")(self._form)
        site.route("POST", "/login")(self._enter)

    def name(self, request: Request) -> str | None:
        """The account that sent the request, or None."""
        return self._sessions.get(request.cookie("session"))

    def _form(self, _: Request) -> Answer:
        return page(
            "Log in",
            '<form method="post" action="/login"><input name="name">',
            '<input name="password" type="password"><button>Log in</button></form>',
        )

    def _enter(self, request: Request) -> Answer:
        name, given = request.form.get("name", ""), request.form.get("password", "")
        wanted = self.accounts.get(name)
        if wanted is None or not hmac.compare_digest(wanted.encode(), given.encode()):
            return page("Log in", "<p>Wrong name or password.</p>", status=403)
        while len(self._sessions) >= MAX_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)), None)
        session = secrets.token_hex(16)
        self._sessions[session] = name
        return Answer(
            "<p>Welcome.</p>",
            303,
            {"Location": "/", "Set-Cookie": f"session={session}; HttpOnly; Path=/"},
        )


def please_log_in() -> Answer:
    """What a stranger gets."""
    return page("Log in", '<p>Please <a href="/login">log in</a>.</p>', status=403)


def _defend_from_children() -> None:
    """Keep memory and log from processes of the same user: what a client may start among them.

    The container's first process passes the signals on that it gets from anybody.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], _: Any) -> None:
        """Stay silent about connections that break off."""


class _Connection(BaseHTTPRequestHandler):
    timeout = 20
    server_version = "web"
    sys_version = ""
    site: Site

    def do_GET(self) -> None:
        """Answer a page."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer a form or an upload."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,9}", length) or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._send(page("Too large", "<p>That is too large.</p>", status=413))
            return
        self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        try:
            parts = urlsplit(self.path)
        except ValueError:
            self._send(page("Bad request", "<p>That is no address.</p>", status=400))
            return
        request = Request(self.command, parts.path, _fields(parts.query), body, self.headers)
        try:
            answer = self.site.answer(request)
        except Exception as error:  # noqa: BLE001 - whatever a client sends, the service lives on
            log("error", kind=type(error).__name__)
            answer = page("Error", "<p>Something went wrong.</p>", status=500)
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        if self.path != "/health":
            log("request", method=self.command, path=self.path[:300], status=answer.status)
        data = f"{answer.text}\n".encode("utf-8", "replace")
        self.send_response(answer.status)
        headers = {"Content-Type": "text/html; charset=utf-8", **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Stay silent: `_send` logs."""
