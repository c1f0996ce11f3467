#include "probe/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 16 * 1024 };

void
tail_close(struct tail *tail)
{
    if (tail->is_open)
        close(tail->fd);
    tail->is_open = false;
}

static bool
fail(const struct tail *tail, struct err *err)
{
    return err_set(err, ERR_IO, "%s: %s", tail->path, strerror(errno));
}

/* No more than most bytes from the end; the first of them may be the middle of a line. */
static void
skip_to(struct tail *tail, off_t size, off_t most)
{
    if (size - tail->at <= most)
        return;
    tail->at = size - most;
    lines_restart(&tail->lines, true);
}

static bool
open_file(struct tail *tail, struct err *err)
{
    struct stat stat;

    tail->fd = open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (tail->fd < 0)
        return fail(tail, err);
    tail->is_open = true;
    if (fstat(tail->fd, &stat) != 0)
        return fail(tail, err);
    if (!S_ISREG(stat.st_mode))
        return err_set(err, ERR_CONFIG, "%s: not a file", tail->path);
    tail->device = stat.st_dev;
    tail->inode = stat.st_ino;
    tail->at = 0;
    lines_restart(&tail->lines, false);
    if (!tail->has_looked)
        skip_to(tail, stat.st_size, TAIL_FIRST_BYTES);
    return true;
}

static bool
read_on(struct tail *tail, struct err *err)
{
    struct stat stat;
    char chunk[CHUNK_BYTES];
    ssize_t n;

    if (fstat(tail->fd, &stat) != 0)
        return fail(tail, err);
    if (stat.st_size < tail->at) { /* truncated: it was begun again */
        tail->at = 0;
        lines_restart(&tail->lines, false);
    }
    skip_to(tail, stat.st_size, TAIL_MOST_BYTES);
    while (tail->at < stat.st_size) { /* what is added meanwhile has time until the next look */
        n = pread(tail->fd, chunk, sizeof(chunk), tail->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(tail, err);
        if (n == 0)
            break;
        tail->at += n;
        lines_add(&tail->lines, chunk, (size_t)n);
    }
    return true;
}

/* Has another file taken its name? One that is only gone may still be written to. */
static bool
was_rotated(const struct tail *tail)
{
    struct stat stat_now;

    return stat(tail->path, &stat_now) == 0 &&
           (stat_now.st_dev != tail->device || stat_now.st_ino != tail->inode);
}

static bool
look(struct tail *tail, struct err *err)
{
    if (!tail->is_open && !open_file(tail, err))
        return false;
    if (!read_on(tail, err)) /* the last lines of a file that was moved away, too */
        return false;
    if (!was_rotated(tail))
        return true;
    tail_close(tail);
    return open_file(tail, err) && read_on(tail, err);
}

bool
tail_look(struct tail *tail, struct err *err)
{
    bool is_good;

    tail->is_old = !tail->has_looked;
    is_good = look(tail, err);
    if (!is_good)
        tail_close(tail);
    tail->has_looked = true;
    return is_good;
}
