#-- the desk, the program, and what it says
cd /tmp && curl -s http://app:8080/ && curl -s -o planner http://app:8081/planner && chmod +x planner
file planner; ./planner; strings planner | grep -i -e valid -e usage
#-- it calls its checks through a table of addresses: five of .text in a row, somewhere in .data
cd /tmp && cat > table.py <<'PY'
import struct
data = open("planner", "rb").read()
shoff, = struct.unpack_from("<Q", data, 40)
size, count, _ = struct.unpack_from("<HHH", data, 58)
sections = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + size * n) for n in range(count)]
code = [(s[3], s[3] + s[5]) for s in sections if s[1] == 1 and s[2] & 4]
for s in sections:
    if s[1] != 1 or s[2] & 7 != 3:
        continue
    words = [w for w, in struct.iter_unpack("<Q", data[s[4] : s[4] + s[5] // 8 * 8])]
    for at in range(len(words) - 4):
        if all(any(a <= w < b for a, b in code) for w in words[at : at + 5]):
            print(*(hex(w) for w in words[at : at + 5]))
PY
python3 table.py | tee table
objdump -d -M intel planner --start-address=$(cut -d' ' -f1 table) | head -40
#-- the program's hash of the name, as gdb sees it handed to the first check
cd /tmp && name=$(curl -s http://app:8080/ | grep -o '<b>[^<]*' | cut -c4-)
gdb -q -batch -ex "break *$(cut -d' ' -f1 table)" -ex "run $name 000000-000000-000000-000000-000000" \
    -ex 'printf "tag %u\n", $esi' ./planner 2>&1 | grep -o '^tag [0-9]*' | tee tag
#-- call the checks in their order, with all values of a section that is still open
cd /tmp && cat > lift.c <<'C'
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
typedef int check(const unsigned *, unsigned);
int main(int argc, char **argv)
{
    static char file[1 << 20];
    int fd = open("planner", O_RDONLY);
    if (read(fd, file, sizeof file) <= 0)
        return 1;
    Elf64_Ehdr *head = (void *)file;
    Elf64_Phdr *part = (void *)(file + head->e_phoff);
    for (int i = 0; i < head->e_phnum; i++) {
        if (part[i].p_type != PT_LOAD)
            continue;
        size_t from = part[i].p_vaddr & ~4095ul, size = part[i].p_vaddr + part[i].p_memsz - from;
        if (mmap((void *)from, size, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
            return 2;
        memcpy((void *)part[i].p_vaddr, file + part[i].p_offset, part[i].p_filesz);
    }
    unsigned s[5] = {0}, tag = strtoul(argv[1], 0, 10), found = 0;
    for (int i = 2; i < argc; i++) {
        check *one = (check *)strtoul(argv[i], 0, 16);
        int solved = 0;
        for (int at = 0; at < 5 && !solved; at++) {
            if (found >> at & 1)
                continue;
            for (s[at] = 0; s[at] < 1u << 24 && !(solved = one(s, tag)); s[at]++)
                ;
            if (solved)
                found |= 1u << at;
            else
                s[at] = 0;
        }
    }
    printf("%06X-%06X-%06X-%06X-%06X\n", s[0], s[1], s[2], s[3], s[4]);
}
C
gcc -O2 -o lift lift.c && ./lift $(cut -d' ' -f2 tag) $(cat table) | tee key
#-- and show it to the desk
cd /tmp && name=$(curl -s http://app:8080/ | grep -o '<b>[^<]*' | cut -c4-)
./planner "$name" "$(cat key)"
curl -s http://app:8080/activate -d "key=$(cat key)" | grep -o 'flag{[0-9a-f]*}'
