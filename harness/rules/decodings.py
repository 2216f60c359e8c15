"""What a text may be in disguise: its bytes taken out of encodings and compression.

Nested disguises (a gzip in base64 in hex) are taken off layer by layer, within a bound.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

_DEPTH = 4
# For all layers of one text together.
_MOST_BYTES = 32 * 1024**2
_SHORTEST = 16
# gzip's first bytes, and those of zlib that compressors write (RFC 1950 2.2).
_COMPRESSED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-][A-Za-z0-9+/_\-\r\n]{14,}[A-Za-z0-9+/_=-]")
_HEX = re.compile(rb"[0-9A-Fa-f](?:[\s:]?[0-9A-Fa-f]){15,}")
_ESCAPED_HEX = re.compile(rb"(?:\\x[0-9A-Fa-f]{2}){8,}")
_BASE32 = re.compile(rb"[A-Za-z2-7](?:[\r\n]?[A-Za-z2-7]){15,}")
# What `xxd`, `hexdump -C` and `od` write: a line's offset, then bytes or letters; at most 16 a line.
_DUMPED = re.compile(rb"^[0-9A-Fa-f]{6,8}:?[ \t]+(\S.*)$", re.MULTILINE)
_DUMP_BYTES = 16
_SPACED = re.compile(rb"(?<!\S)\S(?:\s+\S(?!\S)){15,}")
_NUMBERS = re.compile(rb"\b\d{1,3}(?:[,\s]+\d{1,3}){15,}\b")
_SPACE = re.compile(rb"[\s:]")
_PAIRS = re.compile(rb"(?:[0-9A-Fa-f]{2}){1,4}")


class Unread(Exception):  # noqa: N818 - it says what became of a text
    """A text has more disguises than are taken off."""


def decodings(data: bytes) -> Iterator[bytes]:
    """`data` itself, and everything that it may be when disguises are taken off it.

    Raises Unread when that is more than the bound.
    """
    layer, seen, budget = [data, data[::-1]], {data}, _MOST_BYTES
    yield data
    for _ in range(_DEPTH):
        deeper = []
        for text in layer:
            for found in _once(text):
                if len(found) < _SHORTEST // 2 or found in seen:
                    continue
                budget -= len(found)
                if budget < 0:
                    msg = f"{len(data)} bytes hold too much to be undisguised"
                    raise Unread(msg)
                seen.add(found)
                deeper.append(found)
                yield found
        layer = deeper


def _once(text: bytes) -> Iterator[bytes]:
    for take in (_inflated, _from_hex, _from_base64, _from_base32, _undumped, _listed):
        yield from take(text)
    if b"%" in text:
        yield unquote_to_bytes(text)
    if b"\\x" in text:
        for match in _ESCAPED_HEX.finditer(text):
            yield bytes.fromhex(match[0].replace(b"\\x", b"").decode())


def _inflated(text: bytes) -> Iterator[bytes]:
    for match in _COMPRESSED.finditer(text):
        # 32 more bits than the window's size: gzip or zlib, by the header.
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        try:
            found = stream.decompress(memoryview(text)[match.start() :], _MOST_BYTES)
        except zlib.error:
            continue
        if found:
            yield found


def _from_hex(text: bytes) -> Iterator[bytes]:
    for match in _HEX.finditer(text):
        digits = _SPACE.sub(b"", match[0])
        # A digit before it may belong to something else.
        for start in (0, 1):
            whole = digits[start : start + (len(digits) - start) // 2 * 2]
            yield bytes.fromhex(whole.decode())


def _from_base64(text: bytes) -> Iterator[bytes]:
    for match in _BASE64.finditer(text):
        packed = _SPACE.sub(b"", match[0]).rstrip(b"=")
        packed = packed.translate(bytes.maketrans(b"-_", b"+/"))
        yield from _tried(packed, 4, base64.b64decode)


def _from_base32(text: bytes) -> Iterator[bytes]:
    for match in _BASE32.finditer(text):
        yield from _tried(_SPACE.sub(b"", match[0]).upper(), 8, base64.b32decode)


def _undumped(text: bytes) -> Iterator[bytes]:
    """Letters that stand apart, and the bytes or letters of a dump's lines."""
    for match in _SPACED.finditer(text):
        yield b"".join(match[0].split())
    lines = b"".join(_dump_line(match[1].split()) for match in _DUMPED.finditer(text))
    yield lines
    # Words of two bytes, as most processors have them.
    yield b"".join(lines[at : at + 2][::-1] for at in range(0, len(lines), 2))


def _dump_line(words: list[bytes]) -> bytes:
    if len(words[0]) == 1:
        return b"".join(word for word in words if len(word) == 1)
    found = b""
    for word in words:
        if len(found) >= _DUMP_BYTES or not _PAIRS.fullmatch(word):
            break
        found += bytes.fromhex(word.decode())
    return found


def _listed(text: bytes) -> Iterator[bytes]:
    """Bytes written as decimal numbers."""
    for match in _NUMBERS.finditer(text):
        numbers = [int(each) for each in re.split(rb"[,\s]+", match[0])]
        if max(numbers) < 256:  # noqa: PLR2004 - what a byte can be
            yield bytes(numbers)


def _tried(packed: bytes, group: int, decode: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Whole groups of characters, from each place where the first group may begin."""
    for start in range(group):
        whole = packed[start:]
        whole += b"=" * (-len(whole) % group)
        try:
            yield decode(whole)
        except ValueError:
            yield decode(packed[start : start + (len(packed) - start) // group * group])
