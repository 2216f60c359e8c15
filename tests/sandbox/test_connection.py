"""A command's connection loses no byte and leaves no descriptor."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.sandbox.connection import Connection


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    far.settimeout(5)
    with near, far:
        yield near, far


def opened(near: socket.socket) -> Connection:
    """What the SDK makes of an answer's header: a stream, and a response that holds it."""
    response = http.client.HTTPResponse(near)
    response.begin()
    stream: Any = response.fp.raw  # type: ignore[union-attr]
    stream._response = SimpleNamespace(raw=SimpleNamespace(_fp=response), close=response.close)
    return Connection(stream)


HEADER = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"


def test_output_that_comes_with_the_header_is_not_lost(ends: Any) -> None:
    near, far = ends
    far.sendall(HEADER + b"early ")
    connection = opened(near)
    connection.settimeout(5)
    far.sendall(b"late")
    far.shutdown(socket.SHUT_WR)
    got = b""
    while data := connection.recv(3):
        got += data
    connection.close()
    assert got == b"early late"


def test_without_early_output_reading_waits_as_it_is_told(ends: Any) -> None:
    near, far = ends
    far.sendall(HEADER)
    connection = opened(near)
    connection.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.recv(10)
    connection.sendall(b"typed")
    assert far.recv(10) == b"typed"
    connection.close()


def test_closing_ends_the_connection_and_its_descriptor(ends: Any) -> None:
    near, far = ends
    far.sendall(HEADER)
    connection = opened(near)
    descriptor = connection.fileno()
    connection.close()
    connection.close()
    assert far.recv(10) == b""
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_commands_leave_no_descriptors_behind(docker_sandboxes: Any, order: Any) -> None:
    station = {"image": "harness/workstation", "user": "agent", "workdir": "/home/agent"}
    with docker_sandboxes.open(order({"workstation": station})) as sandbox:
        sandbox.exec(["true"])
        before = descriptors()
        for _ in range(10):
            sandbox.exec(["true"])
        assert descriptors() < before + 8
