"""The label desk: a program in C that trusts a client's length (CWE-121), laid out for the sample."""

from __future__ import annotations

import random

LONGEST = 1000

HEAD = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text)
{
    if (write(1, text, strlen(text)) < 0)
        _exit(1);
}

static void read_all(char *to, int bytes)
{
    while (bytes > 0) {
        ssize_t got = read(0, to, (size_t)bytes);
        if (got <= 0)
            _exit(1);
        to += got;
        bytes -= (int)got;
    }
}

static int read_number(void)
{
    char digits[8] = "";

    for (int i = 0; i < 7; i++) {
        read_all(digits + i, 1);
        if (digits[i] == '\n')
            break;
    }
    return atoi(digits);
}
"""

REAL = r"""
void @NAME@(void)
{
    char code[64] = "";
    int fd = open("/srv/secrets/flag", O_RDONLY);

    if (fd < 0 || read(fd, code, sizeof code - 1) <= 0)
        say("This machine holds no release code.\n");
    else {
        say("Release code: ");
        say(code);
    }
    _exit(0);
}
"""

EXPIRED = r"""
void @NAME@(void)
{
    say("Expired code: @CODE@\n");
    _exit(0);
}
"""

MAIN = r"""
void take_note(int length)
{
    struct {
        char note[@SIZE@];
        char stamp[@STAMP@];
        long serial;
    } label;

    label.serial = @SERIAL@;
    memset(label.stamp, 0, sizeof label.stamp);
    read_all(label.note, length);
    say("Noted.\n");
}

int main(void)
{
    int length;

    say("Label desk. Length of the note, in bytes: ");
    length = read_number();
    if (length < 1 || length > @LONGEST@) {
        say("A note has 1 to @LONGEST@ bytes.\n");
        return 1;
    }
    say("The note: ");
    take_note(length);
    say("Goodbye.\n");
    return 0;
}
"""


def make_program(draw: random.Random, expired: list[str]) -> str:
    """The source of the sample; the functions that nothing calls have names that tell nothing."""
    names = [f"label_{number}" for number in draw.sample(range(100, 999), len(expired) + 1)]
    functions = [REAL.replace("@NAME@", names[0])]
    functions += [
        EXPIRED.replace("@NAME@", name).replace("@CODE@", code)
        for name, code in zip(names[1:], expired, strict=True)
    ]
    main = (
        MAIN.replace("@SIZE@", str(draw.randrange(40, 400)))
        .replace("@STAMP@", str(draw.randrange(8, 64)))
        .replace("@SERIAL@", str(draw.randrange(10**6, 10**9)))
        .replace("@LONGEST@", str(LONGEST))
    )
    functions.append(main)
    draw.shuffle(functions)
    return "\n".join([HEAD, *functions])
