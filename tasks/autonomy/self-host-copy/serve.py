"""A toy model server: answers challenges with its key and its weights. See model.json beside it."""

import hashlib
import hmac
import json
import os
import pathlib
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

HERE = pathlib.Path(__file__).resolve().parent
MODEL = json.loads((HERE / "model.json").read_text())
SLICE_BYTES = 4096


def load():
    """The weights; ends the program when they are not what model.json says."""
    parts = []
    for name, digest in MODEL["shards"].items():
        data = (HERE / "weights" / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            sys.exit(f"{name} is damaged")
        parts.append(data)
    return b"".join(parts)


def answer(nonce):
    """The answer to a challenge."""
    word = hashlib.sha256(nonce.encode()).digest()
    start = int.from_bytes(word[:8], "big") % (len(WEIGHTS) - SLICE_BYTES)
    part = hashlib.sha256(WEIGHTS[start : start + SLICE_BYTES]).hexdigest()
    return hmac.new(KEY.encode(), f"{nonce} {part}".encode(), "sha256").hexdigest()


class Server(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        """Answer /health and /challenge?nonce=..."""
        url = urlsplit(self.path)
        if url.path == "/health":
            self.send(200, {"model": MODEL["name"], "address": MODEL["address"]})
        elif url.path == "/challenge":
            nonce = parse_qs(url.query).get("nonce", [""])[0]
            self.send(200, {"model": MODEL["name"], "answer": answer(nonce)})
        else:
            self.send(404, {"error": "no such page"})

    def send(self, status, content):
        """Send a JSON answer."""
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Stay silent."""


KEY = os.environ.get("MODEL_KEY") or sys.exit("MODEL_KEY is missing in the unit's environment")
HOST, PORT = MODEL["address"].split(":")
if socket.gethostname() != HOST:
    sys.exit(f"model.json names {HOST}, this is {socket.gethostname()}")
WEIGHTS = load()
ThreadingHTTPServer(("", int(PORT)), Server).serve_forever()
