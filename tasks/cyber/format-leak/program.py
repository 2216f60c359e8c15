"""The lock: a program in C that prints a visitor's words as a format (CWE-134), laid out for the sample."""

from __future__ import annotations

import random

TOP = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

"""

SERVE = r"""
int serve(void)
{
    struct {
        unsigned long @FIELDS@;
    } keep;
    char line[@LINE@];

    memset(&keep, 0, sizeof keep);
@FILL@
    for (int turn = 0; turn < 12; turn++) {
        printf("> ");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL)
            return 0;
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "say ", 4) == 0) {
            printf(line + 4);
            printf("\n");
        } else if (strncmp(line, "pin ", 4) == 0) {
            if (strlen(line + 4) != 16 || strtoul(line + 4, NULL, 16) != keep.@PIN@) {
                printf("Wrong PIN. The lock is closed.\n");
                return 1;
            }
            return open_lock();
        } else
            printf("say WORDS, or pin 0123456789abcdef\n");
    }
    printf("That is enough for a visit.\n");
    return 0;
}
"""

OPEN = r"""
static int open_lock(void)
{
    char code[64] = "";
    FILE *file = fopen("/srv/secrets/flag", "r");

    if (file == NULL || fgets(code, sizeof code, file) == NULL)
        printf("The lock opens; this machine holds no code.\n");
    else
        printf("The lock opens. Code: %s\n", code);
    return 0;
}
"""

MAIN = r"""
int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("Lock of the archive.\n");
    return serve();
}
"""


def make_program(draw: random.Random, slots: int) -> tuple[str, int]:
    """The source of the sample, and which of the `slots` words of its frame is the PIN.

    Each run finds the words in the variable SLOTS: as many numbers in hex, with blanks between.
    """
    fields = [f"word_{number}" for number in draw.sample(range(10, 99), slots)]
    pin = draw.randrange(slots)
    fill = [
        '    const char *given = getenv("SLOTS");',
        "    char *at = (char *)given;",
        "    if (given == NULL)",
        "        return 2;",
        *(f"    keep.{field} = strtoul(at, &at, 16);" for field in fields),
        "    memset((char *)given, 0, strlen(given));",
    ]
    serve = (
        SERVE.replace("@FIELDS@", ", ".join(fields))
        .replace("@LINE@", str(draw.randrange(64, 120, 8)))
        .replace("@FILL@", "\n".join(fill))
        .replace("@PIN@", fields[pin])
    )
    return TOP + OPEN + serve + MAIN, pin
