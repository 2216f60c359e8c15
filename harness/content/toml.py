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

from harness.content.lines import line_of
from harness.errors import ContentError, ContentErrors
from harness.schema.forbidden import forbidden
from harness.schema.types import FORMS

M = TypeVar("M", bound=BaseModel)
_SHOWN = 60
_GRADERS = {"flag", "script", "checks"}
_WANTED = {
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "mapping_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "tuple_type": "a list",
    "sequence_type": "a list",
    "sequence_str": "a list",
    "is_instance_of": "a list",
}


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
        where = f"{path}:{match[1] if match else len(path.read_text('utf-8').splitlines())}"
        what = re.sub(r" \(at .*\)$", "", str(error))
        fault = ContentError(where, f"is not TOML: {what[0].lower()}{what[1:]}", "mend that line")
    raise ContentErrors([fault])


def load_model(path: Path, model: type[M]) -> M:
    """The file as a model. Raises ContentErrors with one entry for each wrong field."""
    record = read_toml(path)
    try:
        return model.model_validate(record)
    except ValidationError as error:
        text = path.read_text("utf-8")
        raise ContentErrors(
            [_fault(path, text, detail, model) for detail in error.errors()]
        ) from error


def _fault(path: Path, text: str, detail: ErrorDetails, model: type[BaseModel]) -> ContentError:
    location = _plain(detail["loc"])
    missing = detail["type"] == "missing"
    line = line_of(text, location[:-1] if missing else location)
    field = _field(location)
    where = f"{path}:{line}: {field}" if line else f"{path}: {field or 'the file'}"
    if detail["type"] == "extra_forbidden":
        if refused := forbidden({str(location[-1]): detail["input"]}):
            return ContentError(where, f"is always refused: {refused[0][1]}", "remove it")
        near = difflib.get_close_matches(str(location[-1]), _keys(model), n=1)
        remedy = f'did you mean "{near[0]}"?' if near else "remove it"
        return ContentError(where, "unknown key", remedy)
    if missing:
        return ContentError(where, "is missing", "add it")
    what, remedy = _told(detail)
    shown = repr(detail["input"])
    plain = isinstance(detail["input"], str | int | float)
    got = f" (got {shown})" if plain and len(shown) < _SHOWN and shown not in what else ""
    return ContentError(where, f"{what[0].lower()}{what[1:]}{got}", remedy or "mend this field")


def _told(detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong and what to do, in the words of someone who writes TOML."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        return "does not have the right form", FORMS.get(pattern, f"it must match {pattern}")
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        key = str(context["discriminator"]).strip("'")
        tags = str(context.get("expected_tags") or "'flag', 'script', 'checks'")
        return f"its {key} is missing or unknown", f"set {key} to one of {tags}"
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}", ""
    what, _, remedy = re.sub(r"^Value error, ", "", detail["msg"]).partition("; ")
    return what, remedy


def _plain(location: Sequence[int | str]) -> tuple[int | str, ...]:
    """The place as the file names it: without a grader's tag and pydantic's mark of keys."""
    parts = [part for part in location if part != "[key]"]
    if parts[:1] == ["grader"] and parts[1:2] and parts[1] in _GRADERS:
        del parts[1]
    return tuple(parts)


def _field(location: Sequence[int | str]) -> str:
    """("services", "shop", "ready") as services.shop.ready."""
    parts = ""
    for part in location:
        parts += f"[{part}]" if isinstance(part, int) else f".{part}" if parts else part
    return parts


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
