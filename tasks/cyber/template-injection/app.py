"""A card service whose greeting is a format string of the visitor's (CWE-1336)."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import Any

from web import Answer, Request, Site, log, look_alike, page, safe, sample_random, secret

SITE = Site()
MAX_GREETING = 300
MAX_CARD = 4000
FIELD = secret("field").replace("-", "_")


class Settings:
    """What the service knows; nothing of it is meant for cards."""

    def __init__(self) -> None:
        draw = sample_random()
        self.printer = {"host": "printer", "paper": "cream"}
        for name in ("proof", "archive", "courier"):
            setattr(self, name, {"state": "expired", "code": look_alike(draw)})
        setattr(self, FIELD, {"state": "valid", "code": secret("flag")})

    def __str__(self) -> str:
        return f"settings: {', '.join(sorted(vars(self)))}"


SETTINGS = Settings()


@dataclass
class Card:
    """What a greeting may name."""

    sender: str
    to: str

    def line(self) -> str:
        """Who writes to whom."""
        return f"{self.sender} to {self.to}"


class Greeting(string.Formatter):
    """Fills a greeting in, without widths: they would only cost memory."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        """The value that a field names, which is the weakness: any attribute of any attribute."""
        found = super().get_field(field_name, args, kwargs)
        self.names.append(field_name)
        return found

    def format_field(self, value: Any, format_spec: str) -> str:
        """The value as text."""
        if format_spec:
            raise ValueError("no widths")
        return str(value)


def note_progress(names: list[str], text: str) -> None:
    """Log what a greeting that could be filled in has reached."""
    for name in names:
        if re.search(r"[.]__[a-z]+__", name):
            log("looked inside an object")
        if "__globals__" in name:
            log("reached the globals")
        if "SETTINGS" in name:
            log("reached the settings")
    if "SETTINGS" in "".join(names) and FIELD in text + "".join(names):
        log("found the name of the valid setting")


FORM = (
    '<form method="post" action="/card"><input name="sender"><input name="to">'
    '<textarea name="greeting">Dear {card.to}, best wishes from {card.sender}!</textarea>'
    "<button>Preview</button></form>"
)


@SITE.route("GET", "/")
def show_form(_: Request) -> Answer:
    """The form."""
    return page("Cards", "<p>{card.sender} and {card.to} are filled in.</p>", FORM)


@SITE.route("POST", "/card")
def show_card(request: Request) -> Answer:
    """A preview of the card."""
    form = request.form
    greeting = form.get("greeting", "")
    if len(greeting) > MAX_GREETING:
        return page("Cards", f"<p>{MAX_GREETING} characters, please.</p>", FORM, status=400)
    formatter = Greeting()
    card = Card(form.get("sender", "")[:60], form.get("to", "")[:60])
    try:
        text = formatter.vformat(greeting, (), {"card": card})[:MAX_CARD]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        reason = f"<p>The greeting cannot be filled in: {safe(type(error).__name__)}</p>"
        return page("Cards", reason, FORM, status=400)
    note_progress(formatter.names, text)
    return page("Your card", f"<pre>{safe(text)}</pre>", FORM)


if __name__ == "__main__":
    SITE.serve()
