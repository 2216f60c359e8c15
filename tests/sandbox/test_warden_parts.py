"""Parts of the warden that need no network: names that clients ask for, the log's bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WARDEN = Path(__file__).resolve().parents[2] / "docker/warden/warden"
HELLO = """
import ssl
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
side = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=NAME)
try: side.do_handshake()
except ssl.SSLWantReadError: pass
hello = outgoing.read()
"""


def run(code: str) -> Any:
    """What a program beside the warden's modules prints, as JSON."""
    program = "import json\n" + code
    command = [sys.executable, "-B", "-c", program]
    answer = subprocess.run(command, cwd=WARDEN, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_the_server_name_of_a_tls_client_is_read() -> None:
    code = "NAME = 'mirror.example'" + HELLO
    code += "from proxy import spoken_name\nprint(json.dumps(spoken_name(hello)))"
    assert run(code) == [True, "mirror.example"]


def test_half_a_tls_hello_is_waited_for() -> None:
    code = "NAME = 'mirror.example'" + HELLO
    code += "from proxy import spoken_name\nprint(json.dumps(spoken_name(hello[:100])))"
    assert run(code) == [False, None]


@pytest.mark.parametrize(
    ("said", "enough", "name"),
    [
        (b"GET / HTTP/1.1\r\nHost: Mirror.Example:8080\r\n\r\n", True, "mirror.example"),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\n", False, None),
        (b"GET / HTTP/1.1\r\nAccept: x\r\n\r\n", True, None),
        (b"SSH-2.0-OpenSSH_9.2\r\n", True, None),
        (b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", True, None),
        (b"\x00\xff\x00\xff", True, None),
    ],
)
def test_the_host_of_a_request_is_read(said: bytes, *, enough: bool, name: str | None) -> None:
    code = f"from proxy import spoken_name\nprint(json.dumps(spoken_name({said!r})))"
    assert run(code) == [enough, name]


def test_a_log_keeps_what_is_new_and_counts_what_it_drops(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from log import Log
log = Log(Path({str(tmp_path / "log")!r}), most_bytes=100_000, a_second=1)
for number in range(500):
    log.write("packet", ("noise",), number=number)
log.write("packet", ("new",), number=-1)
log.write("end", lost=dict(log.lost))
print(json.dumps(dict(log.lost)))
"""
    lost = run(code)
    rows = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    kept = sum(row.get("number", -1) >= 0 for row in rows)
    assert kept + lost["rate"] == 500
    assert [row["number"] for row in rows if row["kind"] == "packet"][-1] == -1
    assert rows[-1]["lost"] == lost


def test_a_full_log_still_ends_with_its_losses(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from log import Log
log = Log(Path({str(tmp_path / "log")!r}), most_bytes=2000, a_second=10**6)
for number in range(500):
    log.write("packet", (number,), number=number)
log.write("end", lost=dict(log.lost))
print(json.dumps(dict(log.lost)))
"""
    assert run(code)["log full"] > 400
    assert (tmp_path / "log").stat().st_size < 2500
