"""Fresh flags, credentials and canaries, made from templates and the run's sealed seed.

A value depends only on the seed, the sample, the attempt and the slot's name, so that an auditor
who holds the seed makes it again, and nobody else can.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.canaries import with_shapes

_PART = re.compile(r"<([a-z0-9]+)(?::([^<>]*))?>")
_WORDS = [
    "amber",
    "anchor",
    "apple",
    "arrow",
    "autumn",
    "basil",
    "beacon",
    "birch",
    "bottle",
    "bridge",
    "bronze",
    "butter",
    "cabin",
    "candle",
    "canyon",
    "carbon",
    "cedar",
    "cherry",
    "cinder",
    "clover",
    "cobalt",
    "copper",
    "coral",
    "cotton",
    "crater",
    "dahlia",
    "desert",
    "dragon",
    "ember",
    "falcon",
    "feather",
    "fennel",
    "forest",
    "garnet",
    "ginger",
    "glacier",
    "granite",
    "harbor",
    "hazel",
    "heron",
    "indigo",
    "island",
    "ivory",
    "jasper",
    "juniper",
    "kernel",
    "lagoon",
    "lantern",
    "lemon",
    "linen",
    "lotus",
    "magnet",
    "maple",
    "marble",
    "meadow",
    "mirror",
    "nectar",
    "nickel",
    "nutmeg",
    "ocean",
    "olive",
    "onyx",
    "opal",
    "orchid",
    "otter",
    "paper",
    "pebble",
    "pepper",
    "pigeon",
    "planet",
    "plum",
    "pollen",
    "prairie",
    "quartz",
    "rabbit",
    "raven",
    "ribbon",
    "river",
    "rocket",
    "saffron",
    "sage",
    "salmon",
    "satin",
    "silver",
    "sparrow",
    "spruce",
    "summit",
    "sunset",
    "tango",
    "thistle",
    "thunder",
    "timber",
    "topaz",
    "tulip",
    "tundra",
    "umbra",
    "valley",
    "velvet",
    "violet",
    "walnut",
    "willow",
    "winter",
    "yarrow",
    "zephyr",
]


def _stream(key: bytes) -> Iterator[int]:
    """Endless bytes from a key: SHA-256 in counter mode."""
    counter = 0
    while True:
        yield from hashlib.sha256(key + counter.to_bytes(8, "big")).digest()
        counter += 1


def _take(stream: Iterator[int], count: int) -> bytes:
    return bytes(next(stream) for _ in range(count))


def _below(stream: Iterator[int], bound: int) -> int:
    """An even draw from 0..bound-1 (64 bits of surplus make the bias immaterial)."""
    return int.from_bytes(_take(stream, bound.bit_length() // 8 + 9), "big") % bound


def _hex(stream: Iterator[int], argument: str) -> str:
    digits = int(argument)
    return _take(stream, digits // 2 + 1).hex()[:digits]


def _word(stream: Iterator[int], argument: str) -> str:
    return "-".join(_WORDS[_below(stream, len(_WORDS))] for _ in range(int(argument)))


def _int(stream: Iterator[int], argument: str) -> str:
    low, high = (int(part) for part in argument.split("-"))
    if low >= high:
        msg = "leaves no choice"
        raise ValueError(msg)
    return str(low + _below(stream, high - low + 1))


def _uuid(stream: Iterator[int], argument: str) -> str:
    if argument:
        msg = "takes no argument"
        raise ValueError(msg)
    return str(uuid.UUID(bytes=_take(stream, 16), version=4))


def _base64(stream: Iterator[int], argument: str) -> str:
    return base64.urlsafe_b64encode(_take(stream, int(argument))).decode()[: int(argument)]


def _upper(stream: Iterator[int], argument: str) -> str:
    """The alphabet of base32 (RFC 4648), as identifiers of keys have it."""
    return "".join(_UPPER[_below(stream, len(_UPPER))] for _ in range(int(argument)))


_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MAKERS: Mapping[str, Callable[[Iterator[int], str], str]] = {
    "hex": _hex,
    "word": _word,
    "int": _int,
    "uuid": _uuid,
    "base64": _base64,
    "upper": _upper,
}


def fill_template(template: str, key: bytes) -> str:
    """Replace each `<kind:argument>` of `template` by a value drawn from `key`.

    Kinds: `<hex:32>` digits, `<word:3>` words, `<int:1000-9999>`, `<uuid>`, `<base64:24>`
    characters, `<upper:20>` A-Z and 2-7; `<fake:api-token>` is a whole template of
    harness.canaries. Raises ValueError for an unknown kind or a wrong argument.
    """
    stream = _stream(key)
    template = with_shapes(template)

    def make(match: re.Match[str]) -> str:
        kind, argument = match[1], match[2] or ""
        if kind not in _MAKERS:
            msg = f"unknown part <{kind}>; known are {', '.join(sorted(_MAKERS))}"
            raise ValueError(msg)
        try:
            value = _MAKERS[kind](stream, argument)
        except ValueError as error:
            msg = f"wrong argument in {match[0]}; write <hex:32>, <word:3>, <int:1000-9999>, <uuid>"
            raise ValueError(msg) from error
        if not value:
            msg = f"{match[0]} is empty"
            raise ValueError(msg)
        return value

    return _PART.sub(make, template)


_PATTERNS: Mapping[str, Callable[[str], str]] = {
    "hex": lambda digits: f"[0-9a-f]{{{digits}}}",
    "word": lambda count: "-".join(["[a-z]+"] * int(count)),
    "int": lambda _range: "[0-9]+",
    "uuid": lambda _nothing: "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "base64": lambda count: f"[A-Za-z0-9_-]{{{count}}}",
    "upper": lambda count: f"[A-Z2-7]{{{count}}}",
}


def template_pattern(template: str) -> str:
    """A POSIX extended regular expression that matches every value of a (checked) template."""
    pattern, end = "", 0
    template = with_shapes(template)
    for part in _PART.finditer(template):
        literal = template[end : part.start()]
        pattern += re.sub(r"[.^$*+?()\[\]{}|\\]", r"\\\g<0>", literal)
        pattern += _PATTERNS[part[1]](part[2] or "")
        end = part.end()
    return pattern + re.sub(r"[.^$*+?()\[\]{}|\\]", r"\\\g<0>", template[end:])


def random_parts(template: str, value: str) -> list[str]:
    """What stands in `value` for each part of the template that it was made from."""
    pattern, at = "", 0
    template = with_shapes(template)
    for match in _PART.finditer(template):
        pattern += re.escape(template[at : match.start()]) + "(.+?)"
        at = match.end()
    found = re.fullmatch(pattern + re.escape(template[at:]), value, re.DOTALL)
    return list(found.groups()) if found else []


def check_template(template: str) -> None:
    """Raise ValueError when `template` is malformed or always gives the same value."""
    if not _PART.search(with_shapes(template)):
        msg = f'{template!r} is not fresh: it needs a random part such as "<hex:32>"'
        raise ValueError(msg)
    fill_template(template, b"check")


def make_secrets(seed: bytes, sample: str, templates: Mapping[str, str]) -> dict[str, str]:
    """The secrets of one sample: slot name to value.

    `sample` names the sample and its attempt; the same arguments give the same values.
    """
    return {
        name: fill_template(template, hmac.digest(seed, f"{sample}\0{name}".encode(), "sha256"))
        for name, template in templates.items()
    }


@dataclass(frozen=True)
class SecretBuild:
    """A service's image, to be built from `folder` for one sample, with its secrets in it.

    `arguments` are build arguments; `replacements` maps paths of the folder to what stands there
    for each placeholder. `secrets`, by slot, are what must not turn up elsewhere.
    """

    folder: Path
    arguments: Mapping[str, str]
    replacements: Mapping[str, Mapping[str, str]]
    secrets: Mapping[str, str]
