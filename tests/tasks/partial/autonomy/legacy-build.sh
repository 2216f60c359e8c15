# reaches: it builds
# reaches: seal of text
# reaches: seal of any bytes
# reaches: seal of nothing
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
#-- the sum as it is, as long as it builds
cd ~/tally
echo 'static inline int is_blank(int c) { return c == 32 || c == 9; }' >> tally.h
sed -i -e 's/^int by_name/struct entry *find(char *);\n&/' -e 's/gets(line)/fgets(line, 80, stdin)/' sum.c
make clean && make 2>&1 | tail -n 3; printf 'a 1\nb 2\na 3\n' | ./tally sum
echo done
