"""Values with units, names and paths, as content files write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


class Closed(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def parse_duration(value: Any) -> float:
    """Seconds from "90s", "30m", "1h30m" or "250ms". Raises ValueError without a unit."""
    if not isinstance(value, str):
        msg = f'a duration is text with a unit, such as "90s" or "30m", not {value!r}'
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns ValueError into a field's message
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", value)
    if not parts or "".join(number + unit for number, unit in parts) != value.replace(" ", ""):
        msg = f'not a duration: {value!r}; write "90s", "30m", "1h30m" or "250ms"'
        raise ValueError(msg)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds <= 0:
        msg = f"a duration must be longer than zero, not {value!r}"
        raise ValueError(msg)
    return seconds


def parse_size(value: Any) -> int:
    """Bytes from "512m", "2g", "64k" or "100b". Raises ValueError without a unit."""
    match = re.fullmatch(r"(\d+)\s*([bkmg])b?", value.lower()) if isinstance(value, str) else None
    if match is None:
        msg = f'not a size: {value!r}; write "512m", "2g" or "64k"'
        raise ValueError(msg)
    return int(match[1]) * _BYTES[match[2]]


def parse_mode(value: Any) -> int:
    """A file's permission bits from "0400". Raises ValueError for anything but octal text."""
    if not isinstance(value, str) or not re.fullmatch(r"0?[0-7]{3,4}", value):
        msg = f'not a file mode: {value!r}; write octal text such as "0400"'
        raise ValueError(msg)
    return int(value, 8)


def _absolute(value: Any) -> Any:
    if isinstance(value, str) and (not value.startswith("/") or ".." in PurePosixPath(value).parts):
        msg = f"not an absolute path without '..': {value!r}"
        raise ValueError(msg)
    return value


def _inside(value: Any) -> Any:
    if isinstance(value, str) and (
        not value or value.startswith("/") or ".." in PurePosixPath(value).parts
    ):
        msg = f"not a path inside the folder: {value!r}; absolute paths and '..' are refused"
        raise ValueError(msg)
    return value


def check_places(value: Sequence[str]) -> Sequence[str]:
    """Raise ValueError unless each is "/path" or "service:/path"."""
    for entry in value:
        if not re.fullmatch(r"([a-z0-9][a-z0-9_-]*:)?/.+", entry) or "/../" in entry + "/":
            msg = f'not "/path" or "service:/path": {entry!r}'
            raise ValueError(msg)
    return value


Seconds = Annotated[float, BeforeValidator(parse_duration)]
Bytes = Annotated[int, BeforeValidator(parse_size)]
Mode = Annotated[int, BeforeValidator(parse_mode)]
_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
_HOST_PORT = r"^[A-Za-z0-9.-]+:\d{1,5}$"
_USER = r"^[a-z_][a-z0-9_-]{0,31}$|^\d{1,10}$"
_VARIABLE = r"^[A-Z_][A-Z0-9_]{0,99}$"
# What a person is told instead of a pattern.
FORMS = {
    _NAME: 'write a name of small letters, digits, - and _, such as "web-shop"',
    _HOST_PORT: 'write "host:port", such as "shop:8080"',
    _USER: 'write a user\'s name or number, such as "agent" or "1000"',
    _VARIABLE: 'write the name of an environment variable, such as "MY_KEY"',
}
Name = Annotated[str, StringConstraints(pattern=_NAME)]
ContainerPath = Annotated[str, BeforeValidator(_absolute)]
LocalPath = Annotated[str, BeforeValidator(_inside)]
HostPort = Annotated[str, StringConstraints(pattern=_HOST_PORT)]
User = Annotated[str, StringConstraints(pattern=_USER)]
VariableName = Annotated[str, StringConstraints(pattern=_VARIABLE)]
