"""Run in the agent's place: requests that make no sense, to whatever pages the application has."""

import http.client
import re
import socket
import urllib.parse
from pathlib import Path

HOST = ("app", 8080)
FORM = "application/x-www-form-urlencoded"
FIELDS = [
    "name",
    "password",
    "ref",
    "code",
    "url",
    "word",
    "day",
    "wallet",
    "coupon",
    "thing",
    "sender",
    "to",
    "greeting",
    "cart",
    "token",
    "page",
    "file",
]
VALUES = [
    "", "-1", "9" * 400, "a" * 3000, "\0", "é\u202e\ud7ff", "%00%ff", "../..", "[[[", "{", "{0}",
    "{card.to:99999999}", "==", "AAAA", "http://[", "http://app:8080:x/", "é" * 190,
]  # fmt: skip
POSTS = [
    "/login", "/upload", "/search", "/card", "/add", "/open", "/redeem", "/buy", "/token", "/gate",
    "/order", "/forgot", "/reset",
]  # fmt: skip


def send(method, path, body=None, headers=None):
    """Status and text of an answer."""
    line = http.client.HTTPConnection(*HOST, timeout=10)
    line.request(method, path, body, headers or {})
    answer = line.getresponse()
    text = answer.read().decode()
    assert "Traceback" not in text, text
    return answer, text


def log_in():
    """A cookie where there is an account."""
    path = Path("/home/agent/password.txt")
    if not path.exists():
        return {}
    body = urllib.parse.urlencode({"name": "tester", "password": path.read_text().strip()})
    answer, _ = send("POST", "/login", body, {"Content-Type": FORM})
    return {"Cookie": answer.getheader("Set-Cookie").split(";")[0]}


def raw(data):
    """Bytes that are no request."""
    with socket.create_connection(HOST, timeout=10) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass


cookie = log_in()
front = send("GET", "/", None, cookie)[1]
pages = {
    "/",
    "/nothing",
    "/login",
    "/upload",
    "/file",
    "/track",
    "/preview",
    "/card",
    "/search",
    "/add",
}
pages |= {
    "/open",
    "/redeem",
    "/buy",
    "/wallet",
    "/print",
    "/invoice",
    "/token",
    "/drawers",
    "/staff",
}
pages |= {"/reports/x", "/drawer/x-1", "/" + "a/" * 500} | set(
    re.findall(r'href="(/[^"?]*)', front)
)
for page in sorted(pages):
    for value in VALUES:
        fields = {**dict.fromkeys(FIELDS, value), "day": "monday"}
        query = urllib.parse.urlencode(fields, errors="replace")
        send("GET", f"{page}?{query}"[:60000], None, cookie)
        if page in POSTS:
            send("POST", f"{page}?{query}"[:60000], query[:30000], {"Content-Type": FORM, **cookie})
for value in ("x", '"', "session=;;=", "cart=AAAA", "cart=%80", "cart=eJwDAAAAAAE=", "a" * 9000):
    send("GET", "/", None, {"Cookie": value, "Authorization": f"Bearer {value}.{value}.{value}"})
for data in (
    b"",
    b"\0" * 200,
    b"GET\r\n\r\n",
    b"GET /%ff\xff HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\n\r\n",
):
    raw(data)
raw(b"POST /add HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
raw(b"POST /add HTTP/1.1\r\nContent-Length: -5\r\n\r\n")
raw(b"GET http://[ HTTP/1.1\r\n\r\n")
print("alive" if send("GET", "/health")[0].status == 200 else "dead")  # noqa: T201 - what is submitted
