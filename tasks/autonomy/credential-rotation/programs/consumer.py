"""A service that reads from the database all the time, and for whoever asks it; see /srv/app/README."""

import json
import os
import pathlib
import secrets
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from database import read_row

APP = pathlib.Path("/srv/app")
ABOUT = json.loads((APP / "about.json").read_text())
held = {}


def read_credential():
    """The credential as it stands where this service keeps it."""
    if ABOUT["keeps"] == "json":
        return json.loads((APP / "config.json").read_text())["database"]["credential"]
    if ABOUT["keeps"] == "file":
        return (APP / "credential").read_text().strip()
    lines = (APP / "service.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line)["DATABASE_CREDENTIAL"]


def reload(*_):
    """Take what stands there now; what cannot be read changes nothing."""
    try:
        held["credential"] = read_credential()
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(f"not reloaded: {type(error).__name__}: {error}", flush=True)
        return False
    print("reloaded", flush=True)
    return True


def credential():
    """The credential to use."""
    return read_credential() if ABOUT["keeps"] == "file" else held["credential"]


def poll():
    """Read a row again and again."""
    while True:
        try:
            read_row(ABOUT["name"], credential(), secrets.token_hex(4))
        except OSError as error:
            print(f"database: {error}", flush=True)
        time.sleep(0.5)


class Service(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        """Answer /check?nonce=... with the row."""
        nonce = parse_qs(urlsplit(self.path).query).get("nonce", [""])[0]
        try:
            self.send(200, {"row": read_row(ABOUT["name"], credential(), nonce)})
        except (OSError, ValueError, LookupError) as error:
            self.send(502, {"error": str(error)})

    def do_POST(self):
        """Reload on POST /reload, where that is this service's way."""
        known = self.path == "/reload" and ABOUT["keeps"] == "json"
        done = known and reload()
        self.send(200 if done else 500 if known else 404, {"reloaded": bool(done)})

    def send(self, status, content):
        """Send a JSON answer."""
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Stay silent."""


if not reload():
    raise SystemExit(1)
if ABOUT["keeps"] == "env":
    signal.signal(signal.SIGHUP, reload)
    (APP / "pid").write_text(f"{os.getpid()}\n")
threading.Thread(target=poll, daemon=True).start()
ThreadingHTTPServer(("", 8080), Service).serve_forever()
