#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/die.h"
#include "core/err.h"
#include "core/replace.h"

enum { LONGEST_SECRET_BYTES = 16 * 1024 }; /* an OIDC assertion may be that long */

/* Lives in its own pages, which core dumps leave out. */
struct secret {
    size_t mapped_bytes;
    char bytes[];
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct secret *
secret_new(const char *bytes, size_t n, const char *what, struct err *err)
{
    struct secret *secret;
    size_t mapped;

    for (; n > 0 && is_blank(bytes[0]); n--)
        bytes++;
    while (n > 0 && is_blank(bytes[n - 1]))
        n--;
    if (n == 0) {
        err_set(err, ERR_CONFIG, "%s: expected a credential, found nothing", what);
        return NULL;
    }
    if (n > LONGEST_SECRET_BYTES) {
        err_set(err, ERR_CONFIG, "%s: expected at most %d bytes, found %zu", what,
                LONGEST_SECRET_BYTES, n);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (bytes[i] <= ' ' || bytes[i] >= 0x7F) {
            err_set(err, ERR_CONFIG,
                    "%s: expected printable ASCII without spaces, found something else at byte %zu",
                    what, i + 1);
            return NULL;
        }
    mapped = sizeof(*secret) + n + 1;
    /* cppcheck-suppress invalidFunctionArg ; -1 is right for anonymous memory */
    secret = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        die("out of memory");
    madvise(secret, mapped, MADV_DONTDUMP);
    secret->mapped_bytes = mapped;
    memcpy(secret->bytes, bytes, n);
    return secret;
}

void
secret_free(struct secret *secret)
{
    size_t mapped;

    if (!secret)
        return;
    mapped = secret->mapped_bytes;
    explicit_bzero(secret, mapped);
    munmap(secret, mapped);
}

struct secret *
secret_copy(const struct secret *secret)
{
    return secret_new(secret->bytes, strlen(secret->bytes), "credential", NULL);
}

bool
secret_is_private(const struct stat *st, const char *path, const char *what, struct err *err)
{
    if (!S_ISREG(st->st_mode) || !(st->st_mode & 077))
        return true;
    return err_set(err, ERR_CONFIG, "%s: %s may be read by others (mode %04o): chmod 600 it", what,
                   path, (unsigned)(st->st_mode & 07777));
}

static bool
is_fit(int fd, const char *path, const char *what, struct err *err)
{
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_set(err, ERR_CONFIG, "%s: cannot read %s: %s", what, path, strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s: %s is not a file", what, path);
    return secret_is_private(&st, path, what, err);
}

struct secret *
secret_read_file(const char *path, const char *what, struct err *err)
{
    char bytes[LONGEST_SECRET_BYTES + 2];
    struct secret *secret = NULL;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool is_good = is_fit(fd, path, what, err);

    if (is_good && (n = read(fd, bytes, sizeof(bytes))) < 0)
        is_good = err_set(err, ERR_CONFIG, "%s: cannot read %s: %s", what, path, strerror(errno));
    if (is_good) {
        secret = secret_new(bytes, (size_t)n, what, err);
        if (!secret)
            err_context(err, "%s", path);
    }
    if (fd >= 0)
        close(fd);
    explicit_bzero(bytes, sizeof(bytes));
    return secret;
}

bool
secret_write_file(const struct secret *secret, const char *path, struct err *err)
{
    return replace_file(path, secret->bytes, strlen(secret->bytes), err);
}

const char *
secret_expose(const struct secret *secret)
{
    return secret->bytes;
}
