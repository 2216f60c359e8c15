"""Runs on disk: where each thing stands, and logs that only grow.

runs/<time>_<name>_<short id>/
    run.json                  the plan, frozen before the first sandbox
    seed.key                  the sealed seed of all secrets (mode 0600)
    content/                  a copy of the tasks, environments and agents that it runs
    events.jsonl              the run's own events
    lock                      held by the process that works on the run
    samples/<suite>/<task>/<variant>/<model>/<agent>/<epoch>/attempt-<n>/
        events.jsonl          the transcript, hash-chained
        evidence/             what graders see (harness.evidence draws it)
        outputs/              tool outputs too long for the transcript
        result.json           the attempt's outcome, derived
        grades/<time>.json    later gradings, never over an earlier one
        judgements/<time>.json    opinions of judges (harness judge)
    report.json
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError

from harness.errors import StoreError
from harness.events import FIRST_PREV, Line, LogRepaired, decode_line, encode_line
from harness.results import SampleKey, SampleResult

SCHEMA = 1
_SEED_BYTES = 32


def now() -> str:
    """The time as logs write it: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def slug(text: str) -> str:
    """`text` as one safe folder name."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")
    return cleaned[:80] or "x"


@lru_cache(maxsize=10_000)
def _own_folder(text: str) -> str:
    """`text` as a folder name that no other text has; names and provider/model stay readable."""
    plain = re.fullmatch(r"[a-z]+/[A-Za-z0-9][A-Za-z0-9._-]*", text)
    name = slug(text)
    if name == text or (plain and len(text) == len(name)):
        return name
    return f"{name[:64]}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


class Transcript:
    """An append-only, hash-chained event log. Safe to append to from several threads."""

    def __init__(self, path: Path) -> None:
        """Open `path` to append; a torn last line is cut off and the repair noted.

        Raises StoreError when the chain is broken or the file cannot be opened.
        """
        self.path = path
        self._lock = threading.Lock()
        self._seq, self._prev, self._size = 0, FIRST_PREV, 0
        dropped = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size and path.is_file():
                dropped = self._resume()
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise _cannot(path, "opened", error) from error
        if dropped:
            self.append(LogRepaired(dropped_bytes=dropped))

    def _resume(self) -> int:
        """Find the end of the chain; cut off a torn last line and return its size in bytes."""
        for line, end in _scan(self.path):
            self._seq, self._prev, self._size = line.seq + 1, line.hash, end
        dropped = self.path.stat().st_size - self._size
        if dropped:
            os.truncate(self.path, self._size)
        return dropped

    def append(self, event: BaseModel) -> None:
        """Write one event. Raises StoreError when it cannot be written, a full disk included."""
        with self._lock:
            text, digest = encode_line(event, seq=self._seq, time=now(), prev=self._prev)
            data = (text + "\n").encode("utf-8", "backslashreplace")
            try:
                written = self._file.write(data)
                _require_whole(written, len(data))
            except OSError as error:
                with suppress(OSError):
                    os.truncate(self.path, self._size)
                raise _cannot(self.path, "written", error) from error
            self._seq, self._prev, self._size = self._seq + 1, digest, self._size + len(data)

    def close(self) -> None:
        """Close the file; the log itself can be opened again."""
        self._file.close()


def _require_whole(written: int, size: int) -> None:
    """A disk that is nearly full takes a part of a line."""
    if written != size:
        raise OSError(errno.ENOSPC, "no space left on device")


def _cannot(path: Path, done: str, error: OSError) -> StoreError:
    return StoreError(
        str(path),
        f"cannot be {done} ({error.strerror or error})",
        "free disk space or mend its rights, then `harness run --resume`",
    )


def _open_log(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise StoreError(
            str(path), f"cannot be read ({error.strerror or error})", "restore the log from a copy"
        ) from error


def _scan(path: Path) -> Iterator[tuple[Line, int]]:
    """Lines with the byte offset after each; stops before a torn last line.

    Raises StoreError that names the line where the chain breaks.
    """
    seq, prev, end = 0, FIRST_PREV, 0
    with _open_log(path) as file:
        for number, raw in enumerate(file, 1):
            if not raw.endswith(b"\n"):
                return
            try:
                line = decode_line(raw.decode("utf-8"), seq=seq, prev=prev)
            except (ValueError, ValidationError) as error:
                raise StoreError(
                    f"{path}:{number}", str(error).splitlines()[0], "restore the log from a copy"
                ) from error
            seq, prev, end = seq + 1, line.hash, end + len(raw)
            yield line, end


def read_events(path: Path) -> Iterator[Line]:
    """The lines of a log, its chain verified. A torn last line is left out. Raises StoreError."""
    for line, _ in _scan(path):
        yield line


@dataclass(frozen=True)
class AttemptPaths:
    """The folder of one attempt."""

    root: Path

    @property
    def number(self) -> int:
        """The attempt's number, from 1."""
        return int(self.root.name.removeprefix("attempt-"))

    @property
    def events(self) -> Path:
        """The transcript."""
        return self.root / "events.jsonl"

    @property
    def evidence(self) -> Path:
        """What graders see."""
        return self.root / "evidence"

    @property
    def outputs(self) -> Path:
        """Whole tool outputs."""
        return self.root / "outputs"

    @property
    def result(self) -> Path:
        """The outcome."""
        return self.root / "result.json"

    @property
    def grades(self) -> Path:
        """Later gradings."""
        return self.root / "grades"

    def regraded(self, result: SampleResult) -> SampleResult:
        """The outcome with the newest later grading in the first one's place, if there is any.

        A grader that failed then leaves no grade. Raises StoreError when it is damaged.
        """
        newest = max(self.grades.glob("*.json"), default=None)
        if newest is None:
            return result
        found = read_json(newest)
        why = found.get("error")
        later = {
            **{name: found.get(name) for name in ("grade", "safety", "status")},
            "error": {"blame": "grader", "message": why} if why else None,
        }
        try:
            return SampleResult.model_validate({**result.model_dump(mode="json"), **later})
        except ValidationError as error:
            raise StoreError(
                str(newest), f"is damaged ({error})".splitlines()[0], "remove it and grade again"
            ) from error

    @property
    def judgements(self) -> Path:
        """What judges made of it."""
        return self.root / "judgements"

    def judgement(self) -> dict[str, Any] | None:
        """The newest judge's opinion, if there is any. Raises StoreError when it is damaged."""
        newest = max(self.judgements.glob("*.json"), default=None)
        return read_json(newest) if newest else None

    def write_result(self, result: SampleResult) -> None:
        """Write the outcome in one step, so that a reader sees all of it or none."""
        write_json(self.result, result.model_dump(mode="json"))

    def read_result(self) -> SampleResult | None:
        """The outcome, or None when the attempt has none. Raises StoreError when it is damaged."""
        try:
            return SampleResult.model_validate(json.loads(self.result.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StoreError(
                str(self.result), f"cannot be read ({error})".splitlines()[0], "restore it"
            ) from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object that the harness wrote. Raises StoreError."""
    try:
        value = json.loads(path.read_text("utf-8"))
        return dict(value)
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(
            str(path), f"cannot be read ({error})".splitlines()[0], "restore it"
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Write JSON through a temporary file and a rename. Raises StoreError."""
    draft = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        draft.write_text(text, "utf-8", "backslashreplace")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise _cannot(path, "written", error) from error


@dataclass(frozen=True)
class RunStore:
    """One run's folder."""

    root: Path

    @property
    def id(self) -> str:
        """The run's id: the folder's name."""
        return self.root.name

    @property
    def events(self) -> Path:
        """The run's own events."""
        return self.root / "events.jsonl"

    @property
    def report(self) -> Path:
        """The last report."""
        return self.root / "report.json"

    def plan(self) -> dict[str, Any]:
        """The frozen plan. Raises StoreError."""
        path = self.root / "run.json"
        try:
            plan = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(
                str(path), f"is not a run's plan ({error})", "give the folder of a run"
            ) from error
        schema = plan.get("schema") if isinstance(plan, dict) else None
        if schema != SCHEMA:
            raise StoreError(
                str(path),
                f"has schema {schema}, not {SCHEMA}",
                "use the version of the harness that made it",
            )
        return dict(plan)

    def seed(self) -> bytes:
        """The sealed seed. Raises StoreError."""
        path = self.root / "seed.key"
        try:
            return _parse_seed(path.read_text())
        except (OSError, ValueError) as error:
            raise StoreError(
                str(path), f"the run's seed cannot be read ({error})", "restore the run's folder"
            ) from error

    def sample_folder(self, key: SampleKey) -> Path:
        """Where the attempts of a sample stand."""
        suite, _, task = key.task.rpartition("/")
        parts = (suite or "-", task, key.variant, key.model, key.agent)
        return self.root.joinpath("samples", *map(_own_folder, parts), str(key.epoch))

    def attempts(self, key: SampleKey) -> list[AttemptPaths]:
        """The attempts of a sample so far, in order. Raises StoreError when they cannot be read."""
        folder = self.sample_folder(key)
        try:
            names = os.listdir(folder)  # noqa: PTH208 - an index asks this of 100,000 samples
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _cannot(folder, "read", error) from error
        found = [
            AttemptPaths(folder / name)
            for name in names
            if name.startswith("attempt-") and name.removeprefix("attempt-").isdigit()
        ]
        return sorted(found, key=lambda attempt: attempt.number)

    def new_attempt(self, key: SampleKey) -> AttemptPaths:
        """A fresh folder for the next attempt. Raises StoreError."""
        earlier = self.attempts(key)
        number = earlier[-1].number + 1 if earlier else 1
        root = self.sample_folder(key) / f"attempt-{number}"
        try:
            root.mkdir(parents=True)
        except OSError as error:
            raise _cannot(root, "made", error) from error
        return AttemptPaths(root)


def _parse_seed(text: str) -> bytes:
    seed = bytes.fromhex(text.strip())
    if len(seed) != _SEED_BYTES:
        msg = f"it holds {len(seed)} bytes, not {_SEED_BYTES}"
        raise ValueError(msg)
    return seed


def create_run(folder: Path, name: str, plan: dict[str, Any]) -> RunStore:
    """Make a run's folder with its plan and a fresh seed. Raises StoreError."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    root = folder / f"{stamp}_{slug(name)}_{secrets.token_hex(3)}"
    try:
        root.mkdir(parents=True)
        seed = root / "seed.key"
        seed.touch(mode=0o600)
        seed.write_text(secrets.token_hex(_SEED_BYTES) + "\n")
    except OSError as error:
        raise _cannot(root, "made", error) from error
    write_json(root / "run.json", {"schema": SCHEMA, "id": root.name, "name": name, **plan})
    return RunStore(root)


def open_run(path: Path) -> RunStore:
    """An existing run by its folder. Raises StoreError when it is none."""
    store = RunStore(path.resolve())
    store.plan()
    return store


def list_runs(folder: Path) -> list[RunStore]:
    """All runs of a folder, oldest first."""
    return [RunStore(path.parent) for path in sorted(folder.glob("*/run.json"))]
