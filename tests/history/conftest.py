"""A folder for runs, and indices in SQLite and in a real PostgreSQL."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from debian_packages import install
from run_nights import Nights
from sqlalchemy import create_engine, text


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """A folder for runs."""
    monkeypatch.delenv("HARNESS_INDEX", raising=False)
    monkeypatch.delenv("HARNESS_RUNS", raising=False)
    return Nights(tmp_path)


def _initdb() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _programs() -> Path | str:
    """The folder of PostgreSQL's programs, or why there is none."""
    why = install(["postgresql"], there=lambda: bool(_initdb()))
    return why or _initdb()[-1].parent


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server on a socket of its own; the URL of a database, with {} for its name."""
    programs = _programs()
    if isinstance(programs, str):
        if os.environ.get("CI") == "true":
            pytest.fail(programs, pytrace=False)
        pytest.skip(programs)
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")

    def do(program: str, *arguments: str) -> None:
        line = [*user, str(programs / program), "-D", str(folder / "data"), *arguments]
        ran = subprocess.run(
            line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False
        )
        assert ran.returncode == 0, f"{line} ended with {ran.returncode}"

    try:
        do("initdb", "-U", "harness", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -k {folder} -c fsync=off"
        do("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        try:
            yield f"postgresql+psycopg://harness@/{{}}?host={folder}"
        finally:
            do("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres(server: str) -> str:
    """The URL of an empty database."""
    name = f"t{secrets.token_hex(6)}"
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.format(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/elsewhere.sqlite"
    found: Callable[[], str] | str = request.getfixturevalue("postgres")
    return str(found)
