"""A build's context: its Dockerfile read, its files packed, its content digest."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ContentError

_FROM = re.compile(
    r"^(FROM\s+(?:--platform=\S+\s+)?)(\S+)(\s+AS\s+\S+)?\s*$", re.IGNORECASE | re.MULTILINE
)
_BUILDKIT = re.compile(
    r"^\s*#\s*syntax\s*=|^(?:RUN|COPY|ADD)\s+(?:--(?:mount|network|security|link|chmod|parents)\b)"
    r"|^(?:RUN|COPY|ADD)\b[^\n]*<<-?\s*[\"']?\w+",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Context:
    """What is sent to the engine: the Dockerfile's text and every other file, by path."""

    folder: Path
    dockerfile: str
    files: Mapping[str, tuple[int, bytes]]

    @property
    def bases(self) -> list[str]:
        """The images that the Dockerfile starts from, stages of its own left out."""
        stages: set[str] = set()
        names = []
        for _, name, alias in _FROM.findall(self.dockerfile):
            if name.lower() not in stages:
                names.append(name)
            if alias:
                stages.add(alias.split()[-1].lower())
        return list(dict.fromkeys(names))

    def with_bases(self, ids: Mapping[str, str]) -> Context:
        """The same context, its FROM lines pinned to what `ids` maps their names to."""
        text = _FROM.sub(
            lambda match: f"{match[1]}{ids.get(match[2], match[2])}{match[3] or ''}",
            self.dockerfile,
        )
        return Context(self.folder, text, self.files)

    def digest(self, arguments: Mapping[str, str]) -> str:
        """SHA-256 over the Dockerfile, every file's path, mode and content, and the arguments."""
        total = hashlib.sha256()
        parts = [("Dockerfile", 0, self.dockerfile.encode())]
        parts += [(name, mode, data) for name, (mode, data) in sorted(self.files.items())]
        parts += [
            (f"argument {name}", 0, value.encode()) for name, value in sorted(arguments.items())
        ]
        for name, mode, data in parts:
            for piece in (name.encode(), str(mode).encode(), data):
                total.update(len(piece).to_bytes(8, "big"))
                total.update(piece)
        return total.hexdigest()

    def tar(self) -> io.BytesIO:
        """The context as the engine takes it."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            entries = {"Dockerfile": (0o644, self.dockerfile.encode()), **self.files}
            for name, (mode, data) in entries.items():
                member = tarfile.TarInfo(name)
                member.mode, member.size = mode, len(data)
                archive.addfile(member, io.BytesIO(data))
        stream.seek(0)
        return stream


def load_context(folder: Path, extra: Mapping[str, bytes] | None = None) -> Context:
    """Read a folder with a Dockerfile; `extra` adds files by path.

    Raises ContentError when there is none, when it asks for BuildKit, or holds a symlink.
    """
    path = folder / "Dockerfile"
    try:
        dockerfile = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(str(path), f"cannot be read ({error})", "add a Dockerfile") from error
    if not _FROM.search(dockerfile):
        raise ContentError(str(path), "has no FROM line", "start it with FROM harness/base")
    if found := _BUILDKIT.search(dockerfile):
        line = dockerfile[: found.start()].count("\n") + 1
        raise ContentError(
            f"{path}:{line}",
            "uses BuildKit syntax, which the engine's own builder does not know",
            "write it with plain RUN, COPY and ADD",
        )
    files: dict[str, tuple[int, bytes]] = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_symlink():
            raise ContentError(str(file), "is a symlink in a build context", "copy the file itself")
        if file.is_file() and name != "Dockerfile" and "__pycache__" not in file.parts:
            executable = file.stat().st_mode & 0o111
            files[name] = (0o755 if executable else 0o644, file.read_bytes())
    files |= {name: (0o644, data) for name, data in (extra or {}).items()}
    return Context(folder, dockerfile, files)
