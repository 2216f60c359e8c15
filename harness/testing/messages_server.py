"""A local HTTP server that speaks the Messages API and Chat Completions, for the real SDKs.

    with MessagesServer([Answer([text("hello")])]) as server:
        model = open_model("anthropic/claude-test", base_url=server.url)
        model = open_model("openai/gpt-test", base_url=server.chat_url)

It listens on 127.0.0.1 alone. What it does comes from a list of steps, from a function of the
request, or from a script of harness.models.scripted; the protocol of the answer is that of the
request. It refuses what the real APIs refuse, and keeps every request. As a command it plays a
script:

    python -m harness.testing.messages_server --script FILE [--port N]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from harness.models.scripted import Script, load_script
from harness.testing.dialects import CHAT, MESSAGES, Dialect
from harness.testing.messages_rules import Refused, SeenThinking
from harness.testing.messages_steps import Answer, Fault, RawAnswer, Step

if TYPE_CHECKING:
    from types import TracebackType

_LONGEST_DELAY_SECONDS = 5.0
# Vertex puts the model into the path, and streams as the API itself does.
_VERTEX_PATH = re.compile(r"/publishers/anthropic/models/([^/:]+):streamRawPredict$")


@dataclass(frozen=True)
class Recorded:
    """One request as it came. Header names are lower case; `body` is the parsed JSON."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


Program = Sequence[Step] | Callable[[Recorded], Step] | Script


class MessagesServer:
    """The server, as a context manager. `requests` holds what came, in order."""

    def __init__(self, program: Program, *, port: int = 0) -> None:
        """Take what to do, and a port (0: any free one)."""
        self.requests: list[Recorded] = []
        self._next = _steps(program)
        self._seen = SeenThinking()
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.messages = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The server's address, for `base_url`."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def chat_url(self) -> str:
        """The address for `base_url` of a client of Chat Completions."""
        return f"{self.url}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def step_for(self, request: Recorded, dialect: Dialect) -> tuple[int, Step]:
        """Record a request; its number, and what to do about it."""
        with self._lock:
            number = next(self._numbers)
            self.requests.append(request)
            try:
                if not {"authorization", "x-api-key"} & request.headers.keys():
                    return number, Fault(401, "authentication_error", "x-api-key is required")
                dialect.check(request.body, request.headers, self._seen)
            except Refused as refusal:
                return number, Fault(400, "invalid_request_error", str(refusal))
            step = self._next(request, dialect)
            if isinstance(step, Answer) and step.cut_after is None:
                self._seen.sent(step.content)
            return number, step


def _steps(program: Program) -> Callable[[Recorded, Dialect], Step]:
    if isinstance(program, Script):
        return lambda request, dialect: _scripted(program, request, dialect)
    if callable(program):
        return lambda request, _: program(request)
    steps = iter(program)
    over = Fault(400, "invalid_request_error", "the test server has no step left")
    return lambda *_: next(steps, over)


def _scripted(script: Script, request: Recorded, dialect: Dialect) -> Answer:
    number = sum(message["role"] == "assistant" for message in request.body["messages"])
    message, stop_reason, usage = script.reply(number, dialect.outputs(request.body))
    return Answer(
        content=[block.model_dump(mode="json") for block in message.content],
        stop_reason=stop_reason,
        usage={
            "input_tokens": usage.input,
            "output_tokens": usage.output,
            "cache_read_input_tokens": usage.cache_read,
            "cache_creation_input_tokens": usage.cache_write,
        },
    )


class _Http(ThreadingHTTPServer):
    messages: MessagesServer
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that hang up; say everything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    dialect: Dialect = MESSAGES

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        vertex = _VERTEX_PATH.search(self.path)
        path = self.path.partition("?")[0]
        self.dialect = CHAT if path == "/v1/chat/completions" else MESSAGES
        if vertex is None and path not in {"/v1/messages", "/v1/chat/completions"}:
            self._fault(Fault(404, "not_found_error", f"no such path: {self.path}"), 0)
            return
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if vertex is not None and isinstance(body, dict):
            body["model"] = vertex[1]
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Recorded(self.path, headers, body)
        number, step = self.server.messages.step_for(request, self.dialect)
        match step:
            case Fault():
                self._fault(step, number)
            case RawAnswer():
                self._whole(step.status, step.body, {"content-type": step.content_type}, number)
            case Answer():
                time.sleep(min(step.delay_seconds, _LONGEST_DELAY_SECONDS))
                self._answer(step, body, number)

    def _answer(self, answer: Answer, body: Mapping[str, Any], number: int) -> None:
        whole = self.dialect.whole(answer, f"msg_{number}", body["model"])
        if not body.get("stream"):
            self._whole(200, json.dumps(whole).encode(), {}, number)
            return
        self.send_response(200)
        self._send_headers({"content-type": "text/event-stream; charset=utf-8"}, number)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in islice(self.dialect.events(answer, whole, body), answer.cut_after):
            self._event(event)
        if answer.cut_after is not None and not self._cut(answer):
            return
        self.wfile.write(b"0\r\n\r\n")

    def _cut(self, answer: Answer) -> bool:
        if answer.cut == "broken":
            self.close_connection = True
            return False
        if answer.cut == "error":
            self._event(self.dialect.error_event(answer.error_kind, "in mid-stream"))
        elif answer.cut == "garbage":
            self._event(self.dialect.garbage)
        return True

    def _event(self, event: str) -> None:
        chunk = event.encode()
        self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        self.wfile.flush()

    def _fault(self, fault: Fault, number: int) -> None:
        body = self.dialect.fault(fault, f"req_{number}")
        self._whole(fault.status, json.dumps(body).encode(), fault.headers, number)

    def _whole(self, status: int, body: bytes, headers: Mapping[str, str], number: int) -> None:
        self.send_response(status)
        self._send_headers({"content-type": "application/json", **headers}, number)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_headers(self, headers: Mapping[str, str], number: int) -> None:
        named = dict.fromkeys(("request-id", "x-request-id"), f"req_{number}")
        for name, value in {**named, **headers}.items():
            self.send_header(name, value)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Say nothing: the requests are kept."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Play a script until Ctrl-C; the first line on stdout is the server's address.

    Raises ContentError for a script that cannot be used.
    """
    parser = argparse.ArgumentParser(prog="python -m harness.testing.messages_server")
    parser.add_argument("--script", type=Path, required=True, help="a script, TOML or JSON")
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    chosen = parser.parse_args(arguments)
    with MessagesServer(load_script(chosen.script), port=chosen.port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
