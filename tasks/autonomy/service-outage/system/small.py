"""What the system's programs share: configuration, requests and answers in JSON, a log."""

import json
import pathlib
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

APP = pathlib.Path("/srv/app")
CONFIG = json.loads((APP / "config.json").read_text())


def note(text):
    """Write a line to the unit's log."""
    sys.stderr.write(f"{text}\n")


def ask(url, body=None, *, method=None, timeout=10):
    """The answer to a request. Raises OSError or ValueError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


def serve(handle):
    """Answer for ever; `handle` takes method, path and body, and gives status and content."""

    class Connection(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(length)) if length else None
            try:
                status, content = handle(self.command, self.path, body)
            except (OSError, LookupError, ValueError, TypeError) as error:
                note(f"{self.command} {self.path}: {type(error).__name__}: {error}")
                status, content = 500, {"error": type(error).__name__}
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_):
            pass

    ThreadingHTTPServer(("", 8080), Connection).serve_forever()
