#include "history/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAT_BYTES = 1024, FIELDS_BEFORE_START = 19 /* after the state, proc(5) */ };

/* The whole of a small file of /proc; "" when it cannot be read. */
static void
read_small(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

    out[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* From /proc/PID/stat: its state ('Z' for one that ended and is not waited for yet; 0: not known)
 * and when it started. */
static char
process_state(int64_t pid, int64_t *started)
{
    char path[64], line[STAT_BYTES];
    const char *at;
    char state;

    *started = 0;
    snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
    read_small(path, line, sizeof(line));
    at = strrchr(line, ')'); /* the name before it may hold anything */
    if (!at || at[1] != ' ')
        return 0;
    at += 2;
    state = *at;
    for (int i = 0; i < FIELDS_BEFORE_START && at; i++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    *started = at ? strtoll(at, NULL, 10) : 0;
    return state;
}

static void
boot_read(char out[OWNER_BOOT_BYTES])
{
    read_small("/proc/sys/kernel/random/boot_id", out, OWNER_BOOT_BYTES);
    out[strcspn(out, "\n")] = '\0';
}

struct owner
owner_self(void)
{
    struct owner self = {.pid = getpid()};

    boot_read(self.boot);
    (void)process_state(self.pid, &self.started); /* unknown is a value */
    return self;
}

bool
owner_is(const struct owner *a, const struct owner *b)
{
    return a->pid == b->pid && a->started == b->started && strcmp(a->boot, b->boot) == 0;
}

bool
owner_is_alive(const struct owner *owner)
{
    char boot[OWNER_BOOT_BYTES];
    int64_t started;
    char state;

    if (owner->pid <= 0)
        return false;
    boot_read(boot);
    if (strcmp(boot, owner->boot) != 0)
        return false;
    state = process_state(owner->pid, &started);
    if (state == 0) /* hidden from us, perhaps: another user's, with hidepid */
        return kill((pid_t)owner->pid, 0) == 0 || errno == EPERM;
    return state != 'Z' && state != 'X' && (owner->started == 0 || owner->started == started);
}
