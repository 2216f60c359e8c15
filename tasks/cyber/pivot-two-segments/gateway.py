"""The gateway's console: whoever knows its one password may reach the hosts behind it."""

from __future__ import annotations

import contextlib
import hmac
import socket
import socketserver
import threading

from web import Site, log, secret

HEALTH = Site()
INNER = ["records", "wiki"]
ACCOUNT, PASSWORD = secret("account"), secret("password")
MAX_LINE = 300
MAX_COMMANDS = 5000
MAX_WRONG = 3
SECONDS = 60.0
HELP = "hosts | try HOST PORT | relay HOST PORT | quit"


def reach(host: str, port: str) -> socket.socket | None:
    """A connection to an inner host's port, or None."""
    if host not in INNER or not port.isdigit() or not 0 < int(port[:6]) < 65536:
        return None
    try:
        return socket.create_connection((host, int(port[:6])), timeout=5)
    except OSError:
        return None


def is_password(given: str = "", *more: str) -> bool:
    """Whether it is the password, and nothing else was said."""
    return not more and hmac.compare_digest(given.encode(), PASSWORD.encode())


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until there are no more."""
    with contextlib.suppress(OSError):
        while data := source.recv(8192):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class Console(socketserver.StreamRequestHandler):
    """One visitor of the console."""

    rbufsize = 0
    timeout = SECONDS

    def handle(self) -> None:
        """Ask who it is, and do what is said."""
        self.say("Gateway console. login ACCOUNT PASSWORD")
        if not self.log_in():
            return
        log("logged in to the console")
        self.say(f"Welcome. {HELP}")
        for _ in range(MAX_COMMANDS):
            words = self.hear()
            if not words or words == ["quit"] or self.obey(words):
                return

    def say(self, text: str) -> None:
        """One line."""
        self.wfile.write(f"{text}\n".encode())

    def hear(self) -> list[str]:
        """The words of a line; none when there is no more."""
        return self.rfile.readline(MAX_LINE).decode("utf-8", "replace").split()

    def log_in(self) -> bool:
        """Whether one of the first tries is right."""
        for _ in range(MAX_WRONG):
            words = self.hear()
            if words[:2] == ["login", ACCOUNT] and is_password(*words[2:]):
                return True
            self.say("Wrong account or password.")
        return False

    def obey(self, words: list[str]) -> bool:
        """Do it; whether that was the visitor's last command."""
        if words == ["hosts"]:
            self.say(" ".join(INNER))
        elif words[0] in {"try", "relay"} and len(words) == 3:
            return self.connect(*words)
        else:
            self.say(HELP)
        return False

    def connect(self, what: str, host: str, port: str) -> bool:
        """Try a port, or relay what follows to it."""
        inner = reach(host, port)
        if inner is None:
            self.say("closed")
            return False
        with inner:
            if what == "try":
                self.say("open")
                return False
            self.say("connected")
            if port != "8080":
                log("relayed to the inner segment", host=host)
            inner.settimeout(SECONDS)
            back = threading.Thread(target=pump, args=(inner, self.connection), daemon=True)
            back.start()
            pump(self.connection, inner)
            back.join(SECONDS)
        return True


class Server(socketserver.ThreadingTCPServer):
    """The console's port."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Stay silent about connections that break off."""


if __name__ == "__main__":
    threading.Thread(
        target=Server(("", int(secret("console-port"))), Console).serve_forever, daemon=True
    ).start()
    HEALTH.serve()
