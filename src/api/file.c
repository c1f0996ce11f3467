#include "api/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/die.h"
#include "core/json.h"

static bool
check_file(int fd, const char *path, bool is_private, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s: not a file", path);
    if (is_private && (st.st_mode & 077))
        return err_set(err, ERR_CONFIG, "%s: may be read by others (mode %04o): chmod 600 it", path,
                       (unsigned)(st.st_mode & 07777));
    if (st.st_size > FILE_LARGEST_BYTES)
        return err_set(err, ERR_LIMIT, "%s: expected at most %d KiB", path,
                       FILE_LARGEST_BYTES / 1024);
    return true;
}

static bool
read_all(int fd, const char *path, char **bytes, size_t *n, struct err *err)
{
    char *buffer = malloc(FILE_LARGEST_BYTES + 1);
    size_t used = 0;
    ssize_t more;

    if (!buffer)
        die("out of memory");
    while (used < FILE_LARGEST_BYTES &&
           (more = read(fd, buffer + used, FILE_LARGEST_BYTES - used)) != 0) {
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0) {
            explicit_bzero(buffer, used);
            free(buffer);
            return err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
        }
        used += (size_t)more;
    }
    buffer[used] = '\0';
    *bytes = buffer;
    *n = used;
    return true;
}

enum file_result
file_read(const char *path, bool is_private, char **bytes, size_t *n, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool ok;

    if (fd < 0) {
        bool is_absent = errno == ENOENT || errno == ENOTDIR;

        err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
        return is_absent ? FILE_ABSENT : FILE_BAD;
    }
    ok = check_file(fd, path, is_private, err) && read_all(fd, path, bytes, n, err);
    close(fd);
    return ok ? FILE_READ : FILE_BAD;
}

enum file_result
file_read_json(const char *path, bool is_private, struct json **out, struct err *err)
{
    char *bytes = NULL;
    size_t n = 0;
    enum file_result result = file_read(path, is_private, &bytes, &n, err);

    if (result != FILE_READ)
        return result;
    *out = json_parse(bytes, n, NULL); /* a parser's message could quote a token */
    explicit_bzero(bytes, n);
    free(bytes);
    if (*out && json_is_object(*out))
        return FILE_READ;
    json_free(*out);
    *out = NULL;
    err_set(err, ERR_CONFIG, "%s: expected a JSON object", path);
    return FILE_BAD;
}
