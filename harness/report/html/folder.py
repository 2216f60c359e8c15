"""A folder of pages: templates with everything escaped, one style sheet, one script."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.errors import StoreError
from harness.report.html import words
from harness.report.html.shown import plain

if TYPE_CHECKING:
    from jinja2 import Environment, Template

# What tells our pages from another's of the same name.
MARK = '<meta name="generator" content="harness report">'
_HEAD_CHARS = 1000
_ASSETS = ("report.css", "report.js")


class PageFolder:
    """Where a report's pages are written."""

    def __init__(self, root: Path, index: str) -> None:
        """Below `root`, with the style sheet and the script; `index` is the page to begin with.

        Raises StoreError when a page of that name is there and is not one of ours.
        """
        self.root = root
        self.index = root / index
        with self._written(self.index):
            if self.index.exists() and MARK not in _head(self.index):
                raise StoreError(
                    str(self.index),
                    "is no report of the harness",
                    "name another folder with --output",
                )
        static = resources.files("harness.report.html") / "static"
        for name in _ASSETS:
            self.write_text(name, (static / name).read_text("utf-8"))

    def write_page(self, name: str, template: str, /, **values: Any) -> Path:
        """Render a template into the page `name`. Raises StoreError."""
        deep = name.count("/")
        text = self._template(template).render(up="../" * deep, **values)
        return self.write_text(name, text)

    def write_text(self, name: str, text: str) -> Path:
        """Write `text` as UTF-8; a lone surrogate is written as its escape. Raises StoreError."""
        path = self.root / name
        with self._written(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", "backslashreplace", newline="\n")
        return path

    def render(self, template: str, macro: str, *values: Any) -> str:
        """A part of a page: what a macro of a template makes of the values."""
        return str(getattr(self._template(template).module, macro)(*values))

    def _template(self, name: str) -> Template:
        return self._templates.get_template(f"{name}.html.jinja")

    @cached_property
    def _templates(self) -> Environment:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        made = Environment(
            loader=PackageLoader("harness.report.html"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_visible,
            auto_reload=False,
        )
        made.filters.update(words.FILTERS)
        return made

    @contextmanager
    def _written(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                str(path),
                f"cannot be written ({error.strerror or error})",
                "free disk space, or name another folder with --output",
            ) from error


def _visible(value: Any) -> Any:
    """What a template prints: text of a model or a sandbox without characters that mislead."""
    return plain(value) if type(value) is str else value


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_HEAD_CHARS).decode("utf-8", "replace")


def link_between(page: Path, target: Path) -> str:
    """A relative address of `target`, as a page in the folder `page` writes it."""
    return quote(Path(os.path.relpath(target, page)).as_posix())
