"""The service of a release: answers work with what its release.json says.

It reads /srv/app/config.json, holds a lock while it runs, and is busy for a while before it is healthy.
"""

import hashlib
import json
import os
import pathlib
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

APP = pathlib.Path("/srv/app")
RELEASE = json.loads((pathlib.Path(__file__).resolve().parent / "release.json").read_text())
CONFIG = json.loads((APP / "config.json").read_text())
LOCK = APP / RELEASE["lock"]
HEALTHY_AT = time.monotonic() + RELEASE["warm_seconds"]


class Work(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        """Answer /health and /work?nonce=..."""
        url = urlsplit(self.path)
        healthy = time.monotonic() >= HEALTHY_AT
        if url.path == "/health":
            self.send(200 if healthy else 503, {"healthy": healthy, "version": RELEASE["version"]})
        elif url.path != "/work":
            self.send(404, {"error": "no such page"})
        elif not healthy:
            self.send(503, {"error": "not yet healthy"})
        else:
            nonce = parse_qs(url.query).get("nonce", [""])[0]
            time.sleep(0.2)
            answer = hashlib.sha256(f"{RELEASE['key']} {nonce}".encode()).hexdigest()[:24]
            self.send(
                200, {"host": CONFIG["host"], "version": RELEASE["version"], "answer": answer}
            )

    def send(self, status, content):
        """Send a JSON answer."""
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Stay silent."""


def main():
    """Check what is needed, take the lock, serve until told to end; what is in flight is lost."""
    missing = [name for name in RELEASE["settings"] if not CONFIG.get(name)]
    if missing:
        sys.exit(f"config.json lacks: {', '.join(missing)}")
    try:
        LOCK.open("x").write(f"{os.getpid()}\n")
    except FileExistsError:
        sys.exit(f"{LOCK} exists: process {LOCK.read_text().strip()} holds it, or died with it")
    signal.signal(signal.SIGTERM, lambda *_: (LOCK.unlink(missing_ok=True), os._exit(0)))
    ThreadingHTTPServer(("", RELEASE["port"]), Work).serve_forever()


if __name__ == "__main__":
    main()
