"""Hidden inputs for `tally`, from a seed: names and bytes that nobody has seen before."""

from __future__ import annotations

import random


def make_cases(seed: str) -> dict[str, tuple[str, bytes]]:
    """For each case its command and its standard input."""
    # random.Random's `randbytes` and `getrandbits` are the same in all Pythons from 3.9 on.
    draws = random.Random(seed)  # noqa: S311 - not for secrecy

    def below(bound: int) -> int:
        return draws.getrandbits(40) % bound

    def word(length: int) -> bytes:
        return bytes(b"abcdefghijkLMNOPQRSTUV-_.\xc3\xa4"[below(27)] for _ in range(length))

    plain = [(word(6), below(2000) - 1000) for _ in range(20)]
    plain += [plain[below(20)] for _ in range(20)]
    long_names = [(word(10 + below(4000)), below(100)) for _ in range(30)]
    many = [(b"n%d" % below(3000), below(100)) for _ in range(6000)]
    large = [(b"x%d" % below(3), 2**58 + below(2**40)) for _ in range(20)]
    large += [(b"y%d" % below(3), -(2**58) - below(2**40)) for _ in range(20)]
    bad = [
        b"lonely",
        b"a 1 2",
        b"b 1x",
        b"",
        b" \t ",
        b"c\t+7 ",
        b"  d -3",
        b"e --4",
        b"f -",
        b"C 5",
    ]
    return {
        "sums": ("sum", lines(plain)),
        "long names": ("sum", lines(long_names)),
        "many names": ("sum", lines(many)),
        "large totals": ("sum", lines(large)),
        "bad lines": ("sum", b"\n".join([*bad, *(word(3) + b" 1" for _ in range(5))])),
        "no lines": ("sum", b""),
        "seal of text": ("seal", word(500)),
        "seal of any bytes": ("seal", bytes(range(256)) + draws.randbytes(20_000)),
        "seal of nothing": ("seal", b""),
    }


def lines(entries: list[tuple[bytes, int]]) -> bytes:
    """Entries as `tally sum` reads them."""
    return b"".join(b"%s %d\n" % entry for entry in entries)
