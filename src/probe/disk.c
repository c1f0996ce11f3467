#include "probe/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/x509.h"

static const char *
say_errno(struct arena *arena, const char *path, int error)
{
    return arena_printf(arena, "%s: %s", path, strerror(error));
}

static const char *
read_all(int fd, struct arena *arena, size_t largest, struct certificate_file *out)
{
    char *bytes = arena_alloc(arena, largest + 1);
    ssize_t n;

    while (out->n <= largest && (n = read(fd, bytes + out->n, largest + 1 - out->n)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return say_errno(arena, out->path, errno);
        out->n += (size_t)n;
    }
    if (out->n > largest)
        return arena_printf(arena, "%s: larger than %zu bytes", out->path, largest);
    bytes[out->n] = '\0';
    out->bytes = bytes;
    return "";
}

/* Regular files only: nothing that could keep us waiting. */
struct certificate_file
disk_read(struct arena *arena, const char *path, size_t largest)
{
    struct certificate_file out = {.path = path ? path : "", .error = "", .bytes = ""};
    struct stat found;
    int fd;

    if (!*out.path)
        return out;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        out.error = say_errno(arena, path, errno);
        out.is_stated = stat(path, &found) == 0;
    } else if (fstat(fd, &found) != 0) {
        out.error = say_errno(arena, path, errno);
    } else {
        out.is_stated = true;
        out.error = S_ISREG(found.st_mode) ? read_all(fd, arena, largest, &out)
                                           : arena_printf(arena, "%s: not a file", path);
    }
    if (out.is_stated) {
        out.mode = found.st_mode;
        out.uid = found.st_uid;
        out.gid = found.st_gid;
    }
    if (fd >= 0)
        close(fd);
    return out;
}

const char *
disk_find(struct arena *arena, const char *folder, const char *name)
{
    const char *path = folder ? arena_printf(arena, "%s/%s", folder, name) : "";

    return *path && access(path, F_OK) == 0 ? path : "";
}

/* ---- the data folder ---- */

struct search {
    struct arena *arena;
    const struct x509 *authority; /* whose key is looked for; NULL: an authority is */
};

static bool
is_authority(const struct certificate_file *file)
{
    struct x509_file content;
    struct x509_facts facts = {0};
    struct x509 *certificate = x509_read(file->bytes, file->n, &content, NULL);

    if (certificate)
        x509_describe(certificate, &facts);
    x509_free(certificate);
    return facts.is_authority;
}

static bool
is_wanted(const struct search *search, const char *path)
{
    struct certificate_file file = disk_read(search->arena, path, CERTIFICATE_LARGEST_BYTES);
    bool is_it = !*file.error && (search->authority ? x509_match_key(search->authority, file.bytes,
                                                                     file.n) == X509_MATCH_yes
                                                    : is_authority(&file));

    if (file.n > 0 && !*file.error)
        explicit_bzero((char *)(uintptr_t)file.bytes, file.n);
    return is_it;
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static const char *
find_first(const struct search *search, const char *folder)
{
    struct dirent **entries;
    int n = folder ? scandir(folder, &entries, is_visible, alphasort) : -1;
    const char *found = "";

    for (int i = 0; i < n; i++) {
        const char *path = arena_printf(search->arena, "%s/%s", folder, entries[i]->d_name);

        if (!*found && i < DISK_MOST_FILES && is_wanted(search, path))
            found = path;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return found;
}

const char *
disk_find_authority(struct arena *arena, const char *folder)
{
    return find_first(&(struct search){arena, NULL}, folder);
}

const char *
disk_find_key(struct arena *arena, const char *folder, const struct certificate_file *authority)
{
    struct x509_file content;
    struct x509 *certificate = authority->n > 0 && !*authority->error
                                   ? x509_read(authority->bytes, authority->n, &content, NULL)
                                   : NULL;
    const char *found = certificate ? find_first(&(struct search){arena, certificate}, folder) : "";

    x509_free(certificate);
    return found;
}
