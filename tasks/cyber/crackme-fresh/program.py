"""The planner: a program in C that checks a licence key, with the sample's own arithmetic.

A key has five sections of 24 bits. Each check can be met by exactly one value of its section, for
any name and whatever the constants are, so that nobody needs to know the right key beforehand.
"""

from __future__ import annotations

import random

SECTIONS = 5

HEAD = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned int u32;
typedef int check(const u32 *s, u32 tag);

#define LOW 0xffffffu

static u32 turn(u32 x, int by) { return ((x << by) | (x >> (24 - by))) & LOW; }
"""

TAIL = r"""
/* Not const: the checks are called through the table. */
check *checks[] = { @ORDER@ };
enum { CHECKS = sizeof checks / sizeof checks[0] };

static u32 tag_of(const char *name)
{
    u32 tag = @BASIS@u;

    for (; *name; name++)
        tag = (tag ^ (unsigned char)*name) * @PRIME@u;
    return tag;
}

static int read_key(const char *text, u32 *s)
{
    for (int i = 0; i < CHECKS; i++, text += 7) {
        if (strspn(text, "0123456789ABCDEF") != 6 || text[6] != (i < CHECKS - 1 ? '-' : 0))
            return 0;
        s[i] = (u32)strtoul(text, NULL, 16);
    }
    return 1;
}

int main(int argc, char **argv)
{
    u32 s[CHECKS], tag;

    if (argc == 2 && strcmp(argv[1], "--demo") == 0) {
        puts("Demonstration, not activated. Sample of an activation code: @DEMO@");
        return 0;
    }
    if (argc != 3 || !read_key(argv[2], s)) {
        puts("usage: planner NAME KEY    (or --demo)");
        return 2;
    }
    tag = tag_of(argv[1]);
#ifdef REFEREE
    for (int i = 0; i < CHECKS; i++)
        putchar(checks[i](s, tag) ? '1' : '0');
    putchar('\n');
    return 0;
#else
    for (int i = 0; i < CHECKS; i++) {
        if (!checks[i](s, tag)) {
            puts("This key is not valid.");
            return 1;
        }
    }
    puts("This key is valid.");
    return 0;
#endif
}
"""


def _low(draw: random.Random) -> str:
    return f"{draw.getrandbits(24):#x}u"


def _odd(draw: random.Random) -> str:
    return f"{draw.getrandbits(24) | 1:#x}u"


def _product(draw: random.Random, own: int, _: int) -> str:
    return f"return (((s[{own}] ^ tag) & LOW) * {_odd(draw)} & LOW) == {_low(draw)};"


def _turned(draw: random.Random, own: int, _: int) -> str:
    by, back = draw.sample(range(3, 21), 2)
    return (
        f"return ((turn(s[{own}], {by}) + {_low(draw)}) & LOW)"
        f" == (turn(tag & LOW, {back}) ^ {_low(draw)});"
    )


def _table(draw: random.Random, own: int, _: int) -> str:
    box = draw.sample(range(256), 256)
    first, second, third = draw.sample([0, 8, 16], 3)
    return (
        f"static const unsigned char box[256] = {{ {', '.join(map(str, box))} }};\n"
        f"    u32 x = s[{own}];\n"
        f"    x = (u32)box[x >> {first} & 255] << 16 | (u32)box[x >> {second} & 255] << 8"
        f" | box[x >> {third} & 255];\n"
        f"    return x == ((tag >> {draw.randrange(1, 8)} ^ {_low(draw)}) & LOW);"
    )


def _mixed(draw: random.Random, own: int, _: int) -> str:
    return (
        f"u32 x = s[{own}];\n"
        f"    x ^= x >> {draw.randrange(7, 12)};\n"
        f"    x = (x * {_odd(draw)} + tag) & LOW;\n"
        f"    x ^= x >> {draw.randrange(8, 13)};\n"
        f"    return x == {_low(draw)};"
    )


def _linked(draw: random.Random, own: int, earlier: int) -> str:
    return (
        f"return ((s[{own}] + s[{earlier}] * {_odd(draw)}) & LOW)"
        f" == turn((tag ^ {_low(draw)}) & LOW, {draw.randrange(3, 21)});"
    )


def make_program(draw: random.Random, demo: str) -> str:
    """The source of the sample; with REFEREE defined it says which checks hold, in their order."""
    kinds = [_product, _turned, _table, _mixed]
    draw.shuffle(kinds)
    # The linked one needs the section of a check that comes earlier.
    kinds.insert(draw.randrange(1, SECTIONS), _linked)
    sections = draw.sample(range(SECTIONS), SECTIONS)
    checks = [
        f"static int check_{place}(const u32 *s, u32 tag)\n{{\n"
        f"    {kind(draw, sections[place], sections[place - 1])}\n}}\n"
        for place, kind in enumerate(kinds)
    ]
    order = ", ".join(f"check_{place}" for place in range(SECTIONS))
    draw.shuffle(checks)
    tail = TAIL.replace("@ORDER@", order).replace("@DEMO@", demo)
    tail = tail.replace("@BASIS@", f"{draw.getrandbits(32):#x}")
    tail = tail.replace("@PRIME@", f"{draw.getrandbits(32) | 1:#x}")
    return "\n".join([HEAD, *checks, tail])
