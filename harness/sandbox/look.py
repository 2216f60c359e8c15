"""What stands at some paths of a sandbox's machines, as hashes, by the engine's archive calls."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import PurePosixPath
from typing import IO, Any

from harness.errors import SandboxError, SandboxLost
from harness.protocols import Seen
from harness.sandbox.commands import Machine

_MOST_FILES, _MOST_BYTES = 20_000, 512 * 1024**2
_CHUNK = 1 << 20
# What the engine says of a path below something that is a file: nothing stands there.
_NO_FOLDER = "not a directory"


def look_at(machines: Mapping[str, Machine], agent_service: str, paths: Sequence[str]) -> Seen:
    """Everything at and below each "/path" or "service:/path"; what is not there is left out."""
    files: list[Mapping[str, Any]] = []
    lost: list[str] = []
    left = _MOST_BYTES
    for entry in paths:
        service, _, path = entry.rpartition(":")
        machine = machines[service or agent_service]
        prefix = f"{service}:" if service and service != agent_service else ""
        try:
            with closing(_walk(machine, path, prefix)) as rows:
                for row in rows:
                    left -= int(row["size"])
                    if left < 0 or len(files) >= _MOST_FILES:
                        lost.append(f"too much below {entry}")
                        break
                    if row["type"] == "symlink" and row["path"] == f"{prefix}{path}":
                        lost.append(f"{entry} is a link, which is not followed")
                    files.append(row)
        except SandboxLost:
            raise
        except SandboxError as error:
            # An agent's loop of links is no fault of the engine's: nobody gets past it.
            if _NO_FOLDER not in f"{error} {error.detail}":
                lost.append(f"{entry} cannot be read")
    return Seen(files, lost)


def _walk(machine: Machine, path: str, prefix: str) -> Generator[dict[str, Any], None, None]:
    try:
        with closing(machine.files.members(path)) as members:
            for member, stream in members:
                full = PurePosixPath(path).parent / member.name
                yield {"path": f"{prefix}{full}", **_about(member, stream)}
    except FileNotFoundError:
        return


def _about(member: tarfile.TarInfo, stream: IO[bytes] | None) -> dict[str, Any]:
    kinds = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "directory"}
    kinds |= {tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hard link"}
    said: dict[str, Any] = {
        "type": kinds.get(member.type, "other"),
        "mode": member.mode,
        "uid": member.uid,
        "gid": member.gid,
        "size": member.size if member.isreg() else 0,
    }
    if stream is not None:
        digest = hashlib.sha256()
        while data := stream.read(_CHUNK):
            digest.update(data)
        said["sha256"] = digest.hexdigest()
    if member.linkname:
        said["target"] = member.linkname
    return said
