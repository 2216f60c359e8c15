"""TOML files into schema models, every fault with its place and its remedy."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import ContentError, ContentErrors

M = TypeVar("M", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a mapping. Raises ContentErrors with the line of what cannot be read."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        fault = ContentError(str(path), f"cannot be read ({error.strerror})", "add the file")
    except UnicodeDecodeError:
        fault = ContentError(str(path), "is not UTF-8 text", "save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"\(at line (\d+), column \d+\)", str(error))
        where = f"{path}:{match[1]}" if match else str(path)
        what = re.sub(r" \(at .*\)$", "", str(error))
        fault = ContentError(where, f"is not TOML: {what[0].lower()}{what[1:]}", "mend that line")
    raise ContentErrors([fault])


def load_model(path: Path, model: type[M], data: dict[str, Any] | None = None) -> M:
    """The file as a model. Raises ContentErrors with one entry for each wrong field."""
    record = read_toml(path) if data is None else data
    try:
        return model.model_validate(record)
    except ValidationError as error:
        text = path.read_text("utf-8")
        raise ContentErrors(
            [_fault(path, text, detail, model) for detail in error.errors()]
        ) from error


def _fault(path: Path, text: str, detail: ErrorDetails, model: type[BaseModel]) -> ContentError:
    field = _field(detail["loc"])
    line = _line_of(text, detail["loc"])
    where = f"{path}:{line}: {field}" if line else f"{path}: {field or 'the file'}"
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(detail["loc"][-1]), _keys(model), n=1)
        remedy = f'did you mean "{near[0]}"?' if near else "remove it"
        return ContentError(where, "unknown key", remedy)
    if detail["type"] == "missing":
        return ContentError(where, "is missing", "add it")
    what = re.sub(r"^Value error, ", "", detail["msg"])
    what, _, remedy = what.partition("; ")
    shown = repr(detail["input"])
    got = f" (got {shown})" if len(shown) < 60 and shown not in what else ""  # noqa: PLR2004
    return ContentError(where, f"{what[0].lower()}{what[1:]}{got}", remedy or "mend this field")


def _field(location: Sequence[int | str]) -> str:
    """("services", "shop", "ready") as services.shop.ready; tags of unions are left out."""
    parts = ""
    for part in location:
        if isinstance(part, int):
            parts += f"[{part}]"
        elif part not in {"flag", "script", "checks"} or not parts.startswith("grader"):
            parts += f".{part}" if parts else part
    return parts


def _line_of(text: str, location: Sequence[int | str]) -> int | None:
    """The line where a field's last named key is written, as good as text can tell."""
    names = [part for part in location if isinstance(part, str)]
    if not names:
        return None
    lines = text.splitlines()
    start = 0
    for depth in range(len(names) - 1, 0, -1):
        table = re.compile(rf"^\s*\[+\s*{re.escape('.'.join(names[:depth]))}\s*\]+")
        found = next((number for number, line in enumerate(lines) if table.match(line)), None)
        if found is not None:
            start = found
            break
    key = re.compile(rf"(^|[\s,{{;])\"?{re.escape(names[-1])}\"?\s*=")
    for number in range(start, len(lines)):
        if key.search(lines[number]):
            return number + 1
    return start + 1 if start else None


def _keys(model: type[BaseModel], depth: int = 0) -> set[str]:
    """All keys that a model and the models inside it know."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(field.alias or name)
        for inner in _models_in(field.annotation) if depth < 4 else ():  # noqa: PLR2004
            names |= _keys(inner, depth + 1)
    return names


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models_in(part)]
