"""Generators of the suite `cyber`: what they write can be solved, and differs. No engine is needed."""

from __future__ import annotations

import importlib.util
import io
import re
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

SUITE = Path(__file__).parents[2] / "tasks" / "cyber"
SEEDS = [f"seed {number}" for number in range(8)]
Load = Callable[[str, str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    def load_file(task: str, name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, SUITE / task / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load_file


@pytest.mark.parametrize(
    ("task", "module", "make"),
    [
        ("pcap-credentials", "capture", "make_case"),
        ("deleted-file-image", "stick", "make_stick"),
        ("intrusion-timeline", "case", "make_case"),
    ],
)
def test_a_case_depends_on_its_seed_and_on_nothing_else(load: Load, task, module, make) -> None:
    first, again, other = (getattr(load(task, module), make)(seed) for seed in "aab")
    assert vars(first).keys() == vars(other).keys()
    for name, value in vars(first).items():
        assert str(value) == str(vars(again)[name])
        assert str(value) != str(vars(other)[name])


def test_an_archive_opens_with_its_password_alone(load: Load) -> None:
    capture = load("pcap-credentials", "capture")
    draws = capture.Draws("a")
    secret = capture.make_secret(draws, capture.make_office(draws), "r.falk", "sales", "offer")
    archive = zipfile.ZipFile(io.BytesIO(capture.make_zip(draws, secret)))
    assert archive.read("code.txt", secret.opens.encode()).decode().strip() == secret.code
    with pytest.raises(RuntimeError, match="password"):
        archive.read("code.txt")
    assert secret.code.encode() not in capture.make_zip(draws, secret)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_deleted_table_lies_in_pieces_in_what_is_free(load: Load, seed) -> None:
    stick = load("deleted-file-image", "stick").make_stick(seed)
    accounts, note = stick.wanted.accounts, stick.wanted.note
    data_at = stick.image.index(accounts.data[:1024]) - (accounts.clusters[0] - 2) * 1024
    table = memoryview(stick.image)[512 : 512 + 17 * 512].cast("H")
    free = [
        cluster
        for cluster in range(accounts.clusters[0], len(table))
        if not table[cluster] and cluster not in note.clusters
    ]
    pieces = free[: len(accounts.clusters)]
    assert pieces == accounts.clusters != list(range(pieces[0], pieces[-1] + 1))
    found = b"".join(
        stick.image[data_at + (at - 2) * 1024 : data_at + (at - 1) * 1024] for at in pieces
    )
    rows, _, checksum = found[: len(accounts.data)].rpartition(b"crc32;")
    assert int(checksum, 16) == zlib.crc32(rows)
    assert accounts.data not in stick.image
    assert stick.wanted.code.encode() not in stick.first_piece


@pytest.mark.parametrize("seed", SEEDS)
def test_only_who_corrects_the_clocks_has_the_times(load: Load, seed) -> None:
    case = load("intrusion-timeline", "case").make_case(seed)
    showed = dict(re.findall(r"(front|app),.*Z,(.*)", case.files["clocks.csv"]))
    ahead = datetime.fromisoformat(showed["app"]) - datetime(2024, 3, 13, 9)  # noqa: DTZ001
    half = timedelta(minutes=30)
    error = ahead - half * round(ahead / half)
    assert timedelta(seconds=30) < abs(error) < timedelta(minutes=15)
    login = datetime.fromisoformat(str(case.report["login_time"])).replace(tzinfo=None) + ahead
    line = f"{login:%b %d %H:%M:%S} app sshd"
    found = [each for each in case.files["app/auth.log"].splitlines() if each.startswith(line)]
    accepted = f"Accepted publickey for {case.report['account']} from {case.report['login_ip']} "
    assert any(accepted in each for each in found)
