"""What is wrong with a database is said in one line, with what to do."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from run_nights import Nights

from harness.errors import StoreError, UsageError
from harness.history.updating import update_index


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("nonsense", "is not a database's URL"),
        ("mysql://host/name", "'mysql' is not supported"),
        ("postgresql+asyncpg://host/name", "'postgresql\\+asyncpg' is not supported"),
        ("sqlite://", "names no file"),
        ("postgresql://u:p@host:port/name", "is not a database's URL"),
    ],
)
def test_a_wrong_url_is_bad_usage(nights: Nights, url: str, what: str) -> None:
    nights.folder.mkdir()
    with pytest.raises(UsageError, match=f"{what}; write sqlite:///FILE or postgresql"):
        update_index(nights.folder, url)


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg"])
def test_a_server_that_does_not_answer(nights: Nights, driver: str) -> None:
    nights.folder.mkdir()
    with pytest.raises(StoreError, match=r"cannot be used .*see that the server answers") as caught:
        update_index(nights.folder, f"{driver}://me:secret-word@127.0.0.1:9/name")
    assert "secret-word" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_that_is_not_there(nights: Nights, postgres: str) -> None:
    nights.folder.mkdir()
    name = re.findall(r"/(t[0-9a-f]+)", postgres)[0]
    with pytest.raises(StoreError, match='database "missing" does not exist'):
        update_index(nights.folder, postgres.replace(name, "missing"))


def test_a_driver_that_is_not_installed(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    nights.folder.mkdir()
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"psycopg.* pip install 'agent-eval-harness\[postgres\]'"):
        update_index(nights.folder, "postgresql://127.0.0.1:9/name")


def test_a_folder_that_cannot_be_written(nights: Nights) -> None:
    nights.folder.mkdir()
    with pytest.raises(StoreError, match=r"unable to open database file.*name another index"):
        update_index(nights.folder, "sqlite:////proc/index.sqlite")


def test_a_file_that_is_no_index(nights: Nights) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    file = nights.folder / "index.sqlite"
    file.write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(StoreError, match=f"^{file}: .*not a database.*; remove the file"):
        update_index(nights.folder)


def test_an_index_that_is_damaged_inside(nights: Nights) -> None:
    nights.night("2026-05-01T03:00:00.000Z", "pp")
    update_index(nights.folder)
    file = nights.folder / "index.sqlite"
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(StoreError, match=f"^{file}: .*; remove the file"):
        update_index(nights.folder)


def test_a_runs_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder; name the runs' folder"):
        update_index(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()
