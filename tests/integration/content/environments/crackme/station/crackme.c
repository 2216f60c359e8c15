#include <stdio.h>
#include <string.h>

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "{secret:password}") == 0) puts(FLAG);
    return 0;
}
