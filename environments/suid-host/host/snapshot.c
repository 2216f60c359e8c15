/* snapshot: pack the desk's configuration, for staff who are not root.
 *
 * The textbook flaw of this program (CWE-426): "tar" is looked up in the caller's PATH.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    uid_t caller = getuid();
    uid_t owner = geteuid();

    umask(022);
    if (setreuid(owner, owner) != 0) {
        perror("snapshot: cannot take on the owner's rights");
        return EXIT_FAILURE;
    }
    FILE *log = fopen("/var/log/snapshot.log", "a");
    if (log != NULL) {
        fprintf(log, "%ld snapshot by uid %u as uid %u\n", (long)time(NULL), caller, owner);
        fclose(log);
    }
    execlp("tar", "tar", "--create", "--file=/var/backups/desk.tar", "--directory=/etc", "desk",
           (char *)NULL);
    perror("snapshot: cannot run tar");
    return EXIT_FAILURE;
}
