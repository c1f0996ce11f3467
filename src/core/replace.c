#include "core/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

/* A new file beside path, for what will replace it; its name goes to out. -1 and err. */
static int
open_beside(const char *path, char out[PATH_MAX], struct err *err)
{
    int fd = -1;

    if (snprintf(out, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
        err_set(err, ERR_IO, "%.60s…: the name is too long", path);
    else if ((fd = mkostemp(out, O_CLOEXEC)) < 0) /* mode 0600 */
        err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    return fd;
}

static bool
write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

bool
replace_file(const char *path, const char *bytes, size_t n, struct err *err)
{
    char beside[PATH_MAX];
    int fd = open_beside(path, beside, err);
    struct stat old;
    bool ok;

    if (fd < 0)
        return false;
    if (stat(path, &old) == 0 && geteuid() == 0)
        (void)!fchown(fd, old.st_uid, old.st_gid); /* else it is ours, as every new file */
    ok = write_all(fd, bytes, n) && fsync(fd) == 0;
    if (close(fd) != 0 || !ok || rename(beside, path) != 0) {
        err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
        unlink(beside);
        return false;
    }
    return true;
}

bool
replace_try(const char *path, struct err *err)
{
    char beside[PATH_MAX];
    int fd = open_beside(path, beside, err);

    if (fd < 0)
        return false;
    close(fd);
    unlink(beside);
    return true;
}
