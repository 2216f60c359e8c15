#-- see what is there, and how it fails
cd ~/tally && cat README.md Makefile *.h *.c; make; true
#-- mend the build
cd ~/tally
cat > Makefile <<'MK'
CC = cc
CFLAGS = -O2 -Wall -Wextra
OBJS = main.o sum.o seal.o

tally: $(OBJS)
	$(CC) $(CFLAGS) -o tally $(OBJS)

$(OBJS): tally.h

clean:
	rm -f tally $(OBJS)
MK
cat > tally.h <<'H'
#include <stdio.h>

extern int complaints;
void sum(void);
void seal(void);
H
sed -i -e 's/sys_errlist\[errno\]/strerror(errno)/' -e 's/#include <string.h>/#include <stdlib.h>\n&/' \
    -e 's/^void die/int complaints;\n\n&/' main.c
#-- mend the seal: 32 bits whatever a long has, and every byte
cd ~/tally
sed -i -e 's/0x\([0-9a-f]*\)L/0x\1U/' -e 's/unsigned long crc/uint32_t crc/' -e 's/^    char c;/    int c;/' \
    -e 's/(unsigned long) c/(uint32_t) c/' -e 's/%08lx/%08x/' -e 's/void seal()/void seal(void)/' \
    -e '/A long is/d' -e 's/#include "tally.h"/#include <stdint.h>\n&/' seal.c
#-- write the sum anew, with room for everything
cat > ~/tally/sum.c <<'C'
#define _GNU_SOURCE
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "tally.h"

struct account { char *name; long long total; long count; };

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct account *) a)->name, ((const struct account *) b)->name);
}

static void print_entry(const void *node, VISIT visit, int depth)
{
    const struct account *e = *(struct account *const *) node;

    (void) depth;
    if (visit == postorder || visit == leaf)
        printf("%s %lld %ld\n", e->name, e->total, e->count);
}

static int add(void **tree, char *line)
{
    char *name = line + strspn(line, " \t"), *amount, *end;
    struct account wanted = { name, 0, 0 }, **found;

    if (*name == 0)
        return 1;
    amount = name + strcspn(name, " \t");
    if (*amount == 0)
        return 0;
    *amount++ = 0;
    amount += strspn(amount, " \t");
    end = amount + (*amount == '-' || *amount == '+');
    if (strspn(end, "0123456789") == 0)
        return 0;
    end += strspn(end, "0123456789");
    end += strspn(end, " \t");
    if (*end)
        return 0;
    found = tfind(&wanted, tree, by_name);
    if (!found) {
        struct account *fresh = calloc(1, sizeof *fresh);
        fresh->name = strdup(name);
        found = tsearch(fresh, tree, by_name);
    }
    (*found)->total += strtoll(amount, NULL, 10);
    (*found)->count++;
    return 1;
}

void sum(void)
{
    void *tree = NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    long number = 0;

    while ((length = getline(&line, &room, stdin)) > 0) {
        number++;
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        if (!add(&tree, line)) {
            fprintf(stderr, "line %ld\n", number);
            complaints++;
        }
    }
    twalk(tree, print_entry);
}
C
cd ~/tally && make clean && make && printf 123456789 | ./tally seal && grep 123456789 README.md
printf 'b 1\nB 2\n bad\nb -4' | ./tally sum
echo
echo done
