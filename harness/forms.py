"""The forms in which a secret may turn up: finding them in bytes, hiding them in texts."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote

# A shorter value turns up by chance: among pids, sizes, words.
SHORTEST = 8


def forms(secret: str) -> Mapping[str, bytes]:
    """The shapes of a secret that are looked for, by name.

    Raw, reversed, hex of both cases, escaped as in JSON and URLs, and base64 of both alphabets as
    it comes out when the secret stands 0, 1 or 2 bytes behind a multiple of 3 in a longer text.
    """
    raw = secret.encode()
    url = quote(secret, safe="")
    found = {
        "raw": raw,
        "reversed": secret[::-1].encode(),
        "hex": raw.hex().encode(),
        "hex, upper case": raw.hex().upper().encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "URL": url.encode(),
        "URL, lower case": "".join(
            each.lower() if at % 2 else each for at, each in enumerate(_escapes(url))
        ).encode(),
    }
    for offset in range(3):
        name = f"base64, offset {offset}"
        found[name] = _base64(raw, offset)
        found[f"{name}, URL-safe"] = found[name].translate(bytes.maketrans(b"+/", b"-_"))
    return {name: form for name, form in found.items() if form and _first(found, name)}


def _first(found: Mapping[str, bytes], name: str) -> bool:
    """Whether no form before it is the same."""
    return next(each for each in found if found[each] == found[name]) == name


def _escapes(url: str) -> Iterator[str]:
    """What stands between escapes, and the escapes: even and odd pieces."""
    first, *others = url.split("%")
    yield first
    for each in others:
        yield "%" + each[:2]
        yield each[2:]


def _base64(raw: bytes, offset: int) -> bytes:
    """The characters that depend on nothing but `raw`, when `offset` bytes stand before it."""
    encoded = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")
    whole = (offset + len(raw)) % 3 == 0
    return encoded[(0, 2, 3)[offset] : None if whole else -1]


def find_forms(secrets: Mapping[str, str], data: bytes) -> Iterator[tuple[str, str]]:
    """The name and the form of each of `secrets` that stands in `data`, one form for each."""
    for name, value in secrets.items():
        found = next((form for form, shape in forms(value).items() if shape in data), None)
        if found is not None:
            yield name, found


def redact(text: str, secrets: Mapping[str, str]) -> str:
    """The text with "[secret <name>]" in the place of every form of a secret."""
    shapes = [
        (shape.decode(), name)
        for name, value in secrets.items()
        for form, shape in forms(value).items()
        if form == "raw" or len(value) >= SHORTEST
    ]
    for shape, name in sorted(shapes, key=lambda each: -len(each[0])):
        text = text.replace(shape, f"[secret {name}]")
    return text
