"""Files in and out of a container, by the engine's tar calls: no path of it is ever opened here.

The engine resolves paths inside the container's root. Members come back as what they are, so a
symlink planted by the agent is seen as a symlink.
"""

from __future__ import annotations

import base64
import io
import json
import tarfile
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import requests
from docker.errors import NotFound

from harness.errors import SandboxError, SandboxStartError
from harness.orders import Upload
from harness.sandbox.commands import FileTree, Members
from harness.sandbox.engine import Engine, engine_errors


class Chunks(io.RawIOBase):
    """An iterator of bytes as a readable file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` with the next bytes; 0 at the end."""
        while not self._left:
            try:
                self._left = next(self._chunks)
            except StopIteration:
                return 0
        taken = self._left[: len(buffer)]
        buffer[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)

    def close(self) -> None:
        """Close the iterator too: while an answer waits to be read, the engine removes nothing."""
        if not self.closed and isinstance(self._chunks, Generator):
            self._chunks.close()
        super().close()


@dataclass
class Files:
    """The files of one container. It can be written below `places` only."""

    engine: Engine
    container: str
    where: str
    places: Sequence[str] = ("/",)
    _users: dict[str, tuple[int, int]] | None = None

    def members(self, path: str) -> Members:
        """Walk what stands at `path`: headers with streams for regular files. Close it when done.

        Raises FileNotFoundError when there is nothing.
        """
        chunks = self._archive(path)
        if chunks is None:
            raise FileNotFoundError(path)
        with (
            io.BufferedReader(Chunks(chunks)) as file,
            tarfile.open(fileobj=file, mode="r|") as archive,
        ):
            for member in archive:
                yield member, archive.extractfile(member) if member.isreg() else None

    def _archive(self, path: str) -> Iterator[bytes] | None:
        with engine_errors(f"{self.where}:{path}"):
            try:
                chunks, _ = self.engine.api.get_archive(self.container, path)
            except NotFound as error:
                if "No such container" in str(error.explanation):
                    raise
                return None
        return self._read(chunks, path)

    def _read(self, chunks: Iterator[bytes], path: str) -> Iterator[bytes]:
        with engine_errors(f"{self.where}:{path}"):
            yield from chunks

    def read(self, path: str, *, max_bytes: int) -> bytes:
        """The content of one regular file (see Sandbox.read)."""
        return read_regular(self, path, max_bytes=max_bytes)

    def write(self, uploads: Iterable[Upload]) -> None:
        """Put files in place, with the folders above them that do not exist yet.

        Raises SandboxError for a path that cannot be written.
        """
        by_place: dict[str, list[Upload]] = defaultdict(list)
        for upload in uploads:
            by_place[self._place(upload.path)].append(upload)
        for place, some in by_place.items():
            self._put(place, some)

    def _place(self, path: str) -> str:
        """The writable folder that holds a path: the engine refuses any other beside it."""
        for place in self.places:
            if PurePosixPath(path).is_relative_to(place):
                return place
        raise SandboxError(
            f"{self.where}:{path}",
            f"the root file system is read-only; writable are {', '.join(self.places) or 'none'}",
            "put the file there, or make its folder writable in environment.toml",
        )

    def _put(self, place: str, uploads: Iterable[Upload]) -> None:
        stream = io.BytesIO()
        made: set[str] = set()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for upload in uploads:
                self._add_parents(archive, upload, made, place)
                name = str(PurePosixPath(upload.path).relative_to(place))
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(upload.data), upload.mode
                member.mtime = time.time()
                member.uid, member.gid = self.user(upload.owner)
                archive.addfile(member, io.BytesIO(upload.data))
        with engine_errors(self.where):
            self.engine.api.put_archive(self.container, place, stream.getvalue())

    def _add_parents(
        self, archive: tarfile.TarFile, upload: Upload, made: set[str], place: str
    ) -> None:
        below = PurePosixPath(upload.path).relative_to(place)
        for folder in reversed(below.parents[:-1]):
            name = str(folder)
            if name in made or self.exists(str(PurePosixPath(place) / folder)):
                continue
            made.add(name)
            member = tarfile.TarInfo(name)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            member.mtime = time.time()
            member.uid, member.gid = self.user(upload.owner)
            archive.addfile(member)

    def exists(self, path: str) -> bool:
        """Whether anything stands at `path`; symlinks on the way are followed inside."""
        return self.stat(path) is not None

    def stat(self, path: str) -> Mapping[str, Any] | None:
        """The engine's word on what stands at `path` (name, size, mode, linkTarget), or None."""
        with engine_errors(f"{self.where}:{path}"):
            api = self.engine.api
            address = f"{api.base_url}/v{api.api_version}/containers/{self.container}/archive"
            answer = api.head(address, params={"path": path}, timeout=api.timeout)
            if answer.status_code == requests.codes.not_found:
                return None
            answer.raise_for_status()
            header = answer.headers["X-Docker-Container-Path-Stat"]
            return dict(json.loads(base64.b64decode(header)))

    def user(self, name: str) -> tuple[int, int]:
        """The numeric user and group of a user's name. Raises SandboxStartError for an unknown."""
        if name.isdigit():
            return int(name), int(name)
        if name == "root":
            return 0, 0
        if self._users is None:
            self._users = _parse_passwd(self.read("/etc/passwd", max_bytes=1024**2))
        if name not in self._users:
            raise SandboxStartError(
                self.where, f"it has no user {name!r}", "create the user in its Dockerfile"
            )
        return self._users[name]


def read_regular(tree: FileTree, path: str, *, max_bytes: int) -> bytes:
    """The content of one regular file of a machine (see Sandbox.read)."""
    with closing(tree.members(path)) as members:
        for member, stream in members:
            if member.isdir():
                raise IsADirectoryError(path)
            if stream is None:
                msg = f"{path} is not a regular file"
                raise ValueError(msg)
            if member.size > max_bytes:
                msg = f"{path} has {member.size} bytes, more than {max_bytes}"
                raise ValueError(msg)
            return stream.read()
    raise FileNotFoundError(path)


def _parse_passwd(data: bytes) -> dict[str, tuple[int, int]]:
    rows = (line.split(":") for line in data.decode("utf-8", "replace").splitlines())
    return {row[0]: (int(row[2]), int(row[3])) for row in rows if len(row) > 3}  # noqa: PLR2004
