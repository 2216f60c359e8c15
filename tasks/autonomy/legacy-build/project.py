#!/usr/bin/env python3
"""Write an old C project that does not build, with a seal whose constants come from a seed.

It is the task's setup (removed after it ran); the grader imports it for the constants.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

FOLDER = Path("/home/agent/tally")
MAKEFILE = """\
# tally, since 1994
CC = cc
CFLAGS = -O
OBJS = main.o sum.o checksum.o

tally: $(OBJS)
        $(CC) $(CFLAGS) -o tally $(OBJS)

clean:
\trm -f tally $(OBJS)
"""
HEADER = """\
#include <stdio.h>

int complaints;
extern char *sys_errlist[];

inline int is_blank(int c)
{
    return c == ' ' || c == '\\t';
}
"""
MAIN = """\
#include <errno.h>
#include <string.h>
#include "tally.h"

void die(char *what)
{
    fprintf(stderr, "tally: %s: %s\\n", what, sys_errlist[errno]);
    exit(2);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        errno = EINVAL;
        die("usage: tally sum|seal");
    }
    if (strcmp(argv[1], "sum") == 0)
        sum();
    else if (strcmp(argv[1], "seal") == 0)
        seal();
    else {
        errno = EINVAL;
        die(argv[1]);
    }
    return complaints ? 1 : 0;
}
"""
SUM = """\
#include <string.h>
#include <stdlib.h>
#include "tally.h"

struct entry { char name[16]; int total; int count; };
static struct entry table[100];
static int used;

int by_name(const void *a, const void *b)
{
    return strcasecmp(((struct entry *) a)->name, ((struct entry *) b)->name);
}

void sum()
{
    char line[80], *name, *rest;
    struct entry *e;
    int i, number = 0;

    while (gets(line)) {
        number++;
        for (name = line; is_blank(*name); name++)
            ;
        for (rest = name; *rest && !is_blank(*rest); rest++)
            ;
        if (*rest == 0) {
            fprintf(stderr, "line %d\\n", number);
            complaints++;
            continue;
        }
        *rest++ = 0;
        e = (struct entry *) find(name);
        e->total += atoi(rest);
        e->count++;
    }
    qsort(table, used, sizeof *table, by_name);
    for (i = 0; i < used; i++)
        printf("%s %d %d\\n", table[i].name, table[i].total, table[i].count);
}

struct entry *find(char *name)
{
    int i;

    for (i = 0; i < used; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    strcpy(table[used].name, name);
    return &table[used++];
}
"""
SEAL = """\
#include "tally.h"

#define POLYNOMIAL 0x%(polynomial)08xL
#define START      0x%(start)08xL
#define FINISH     0x%(finish)08xL

/* A long is 32 bits. */
void seal()
{
    unsigned long crc = START;
    char c;
    int i;

    while ((c = getchar()) != EOF) {
        crc ^= (unsigned long) c << 24;
        for (i = 0; i < 8; i++)
            crc = crc & 0x80000000L ? crc << 1 ^ POLYNOMIAL : crc << 1;
    }
    printf("%%08lx\\n", crc ^ FINISH);
}
"""
README = """\
# tally

    make clean && make      builds ./tally, from C sources
    ./tally sum             reads lines on standard input, prints sums
    ./tally seal            reads bytes on standard input, prints their seal

**sum.** A line is a name, blanks, and an amount; a blank is a space or a tab, and there may be blanks before
the name and after the amount. A name is any bytes but blanks and the end of a line, of any length; names are
case-sensitive. An amount is decimal digits with or without a `-` or `+` before them; each amount and each
total fits into 64 bits with a sign. There may be any number of names. An empty line, or one with blanks
only, means nothing. The last line may lack its end.

For each name one line is printed: name, total, how many lines it had, with one space between. They are in
the order of the names' bytes (unsigned). A line that is not of this form counts for nothing;
`line <number>` (the first is 1) is printed on standard error, the rest is summed, and the exit status is 1
instead of 0.

**seal.** A 32-bit checksum of all bytes up to the end of the input, eight lower-case hexadecimal digits and
an end of line, exit status 0. It begins with START. Each byte is xored into the highest eight bits; then,
eight times, the sum is shifted left by one, and if the bit that went out was set, xored with POLYNOMIAL. At
the end it is xored with FINISH. The constants stand in `checksum.c` or whatever it is called now; they are
this project's own, and right. The seal of the nine bytes `123456789` is `%(example)s`.

Anything else on the command line: exit status 2, and a word about it on standard error.
"""


def make_constants(seed: str) -> dict[str, int]:
    """The constants of the seal of a seed."""
    digest = hashlib.sha256(f"seal {seed}".encode()).digest()
    words = [int.from_bytes(digest[at : at + 4], "big") for at in (0, 4, 8)]
    return {"polynomial": words[0] | 1, "start": words[1], "finish": words[2]}


def seal(constants: dict[str, int], data: bytes) -> str:
    """The seal of some bytes."""
    crc = constants["start"]
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (constants["polynomial"] | 1 << 32 if crc >> 31 else 0)
    return f"{crc ^ constants['finish']:08x}"


def main() -> None:
    """Write the project."""
    constants = make_constants(os.environ["SECRET_SEED"])
    FOLDER.mkdir()
    files = {
        "Makefile": MAKEFILE,
        "tally.h": HEADER,
        "main.c": MAIN,
        "sum.c": SUM,
        "seal.c": SEAL % constants,
        "README.md": README % {"example": seal(constants, b"123456789")},
    }
    for name, text in files.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
