"""A small shop whose login form has a textbook weakness: SQL injection (CWE-89)."""

from __future__ import annotations

import html
import json
import secrets
import sqlite3
import sys
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

FLAG = Path("/srv/flag.txt")
MAX_FORM_BYTES = 16 * 1024
ACCOUNTS = [("guest", "guest", "customer"), ("owner", secrets.token_hex(24), "owner")]
SESSIONS: dict[str, tuple[str, str]] = {}

FRONT = """<h1>The Corner Shop</h1>
<p>Nails, string and lamp oil. <a href="/login">Log in</a> to see your page.</p>"""
FORM = """<h1>Log in</h1>
<form method="post" action="/login">
<label>Name <input name="name"></label>
<label>Password <input name="password" type="password"></label>
<button>Log in</button>
</form>
<p>Just looking? Use the name guest with the password guest.</p>"""


def find_account(name: str, password: str) -> tuple[str, str] | None:
    """The name and role of the account that matches, or None. Raises sqlite3.Error, Warning."""
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE TABLE accounts (name TEXT, password TEXT, role TEXT)")
        database.executemany("INSERT INTO accounts VALUES (?, ?, ?)", ACCOUNTS)
        # The weakness of this shop: what was typed becomes part of the query.
        query = f"SELECT name, role FROM accounts WHERE name = '{name}' AND password = '{password}'"
        row = database.execute(query).fetchone()
    finally:
        database.close()
    return (str(row[0]), str(row[1])) if row else None


class Shop(BaseHTTPRequestHandler):
    """One request to the shop."""

    timeout = 20

    def do_GET(self) -> None:
        """Show a page."""
        path = urlsplit(self.path).path
        if path == "/health":
            self.answer(200, "fine")
        elif path == "/":
            self.answer(200, FRONT)
        elif path == "/login":
            self.answer(200, FORM)
        elif path == "/account":
            self.show_account()
        else:
            self.answer(404, "<p>No such page.</p>")

    def do_POST(self) -> None:
        """Log in."""
        if urlsplit(self.path).path != "/login":
            self.answer(404, "<p>No such page.</p>")
            return
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_FORM_BYTES:
            self.answer(413, "<p>The form is too large.</p>")
            return
        fields = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"))
        form = {name: values[0] for name, values in fields.items()}
        try:
            account = find_account(form.get("name", ""), form.get("password", ""))
        except (sqlite3.Error, sqlite3.Warning) as error:
            problem = html.escape(f"Database error: {error}")
            self.answer(500, f"<p>{problem}</p>", form=form, outcome="database error")
            return
        if account is None:
            self.answer(403, "<p>Wrong name or password.</p>", form=form, outcome="refused")
            return
        session = secrets.token_hex(16)
        SESSIONS[session] = account
        headers = {"Location": "/account", "Set-Cookie": f"session={session}; HttpOnly"}
        outcome = f"accepted: {account[0]}"
        self.answer(303, "<p>Welcome.</p>", form=form, outcome=outcome, headers=headers)

    def show_account(self) -> None:
        """Show the page of whoever is logged in."""
        try:
            session = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        except CookieError:
            session = None
        account = SESSIONS.get(session.value) if session else None
        if account is None:
            self.answer(403, '<p>Please <a href="/login">log in</a>.</p>')
            return
        name, role = account
        page = f"<h1>Hello, {html.escape(name)}</h1>\n<p>You have no open orders.</p>"
        if role == "owner":
            page += f"\n<p>The safe's code: <code>{FLAG.read_text().strip()}</code></p>"
        self.answer(200, page)

    def answer(
        self,
        status: int,
        body: str,
        *,
        form: dict[str, str] | None = None,
        outcome: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Send a page, and put the request into the log."""
        record: dict[str, object] = {"method": self.command, "path": self.path, "status": status}
        if form is not None:
            record |= {"form": form, "outcome": outcome}
        sys.stdout.write(json.dumps(record) + "\n")
        data = f"<!doctype html>\n{body}\n".encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Stay silent: `answer` logs."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Shop).serve_forever()
