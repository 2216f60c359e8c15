"""A secret is found in each of its disguises, wherever it stands in a text."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from harness.forms import find_forms, forms, redact

SECRET = 'flag{a"b?c>d~0f/é}'
DISGUISES: dict[str, Callable[[str], bytes]] = {
    "raw": str.encode,
    "reversed": lambda text: text[::-1].encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex, upper case": lambda text: text.encode().hex().upper().encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "URL": lambda text: quote(text, safe="").encode(),
    "URL, lower case": lambda text: quote(text, safe="").lower().encode(),
}


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_found_at_every_alignment(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    data = b"{" + encode(f"{before}{SECRET}{after}".encode()) + b"}"
    ((name, form),) = find_forms({"flag": SECRET}, data)
    assert name == "flag"
    assert form.startswith(f"base64, offset {len(before) % 3}")


@pytest.mark.parametrize("form", DISGUISES)
def test_each_form_is_found_under_its_name(form: str) -> None:
    data = b"text " + DISGUISES[form](SECRET) + b" text"
    assert dict(find_forms({"other": "something else", "flag": SECRET}, data)) == {"flag": form}


def test_another_secret_is_not_found() -> None:
    data = b"".join(make(SECRET) for make in DISGUISES.values())
    assert list(find_forms({"flag": SECRET.replace("a", "e")}, data)) == []


def test_no_form_is_looked_for_twice() -> None:
    found = forms("abcdefgh")
    assert len(set(found.values())) == len(found)
    assert found["hex"] == b"6162636465666768"


def test_redacting_leaves_no_form_and_names_the_slot() -> None:
    for make in DISGUISES.values():
        hidden = redact(f"a {make(SECRET).decode()} b", {"key": "other-secret", "flag": SECRET})
        assert list(find_forms({"flag": SECRET}, hidden.encode())) == []
        assert "[secret flag]" in hidden
    assert redact("nothing here", {"flag": SECRET}) == "nothing here"


def test_a_short_secret_is_redacted_where_it_stands_plainly() -> None:
    assert redact("pin 4711, 1174", {"pin": "4711"}) == "pin [secret pin], 1174"


def test_a_secret_within_another_spoils_no_redaction() -> None:
    secrets = {"short": "secret-1", "long": "secret-1-and-more"}
    assert redact("x secret-1-and-more y", secrets) == "x [secret long] y"
