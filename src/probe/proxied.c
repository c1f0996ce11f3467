#include "probe/proxied.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"

enum { PATH_BYTES = 300, PART_BYTES = 4096, NAME_BYTES = 16 };

/* Those that Go's HTTP transport reads. */
static const char *const variables[] = {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"};

static int
open_of(const char *proc, const char *pid, const char *file)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof(path), "%s/%s/%s", proc, pid, file);

    return n > 0 && (size_t)n < sizeof(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

static bool
is_cloudflared(const char *proc, const char *pid)
{
    static const char name[] = "cloudflared\n";
    char found[NAME_BYTES];
    int fd = open_of(proc, pid, "comm");
    ssize_t n = fd >= 0 ? read(fd, found, sizeof(found)) : -1;

    if (fd >= 0)
        close(fd);
    return n == sizeof(name) - 1 && memcmp(found, name, sizeof(name) - 1) == 0;
}

/* "NAME=" with something behind it; NULL for all others. */
static const char *
variable_of(const char *entry)
{
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        size_t n = strlen(variables[i]);

        if (strncmp(entry, variables[i], n) == 0 && entry[n] == '=' && entry[n + 1])
            return variables[i];
    }
    return NULL;
}

/* An environment may hold a token: of each entry no more is kept than such a name is long, and
 * nothing stays. */
static const char *
proxy_variable(int fd)
{
    char part[PART_BYTES], entry[NAME_BYTES];
    const char *variable = NULL;
    size_t n_entry = 0;
    ssize_t n;

    while (!variable && (n = read(fd, part, sizeof(part))) > 0)
        for (ssize_t i = 0; i < n && !variable; i++) {
            if (n_entry < sizeof(entry) - 1)
                entry[n_entry++] = part[i];
            if (part[i] != '\0')
                continue;
            entry[n_entry] = '\0';
            variable = variable_of(entry);
            n_entry = 0;
        }
    explicit_bzero(part, sizeof(part));
    explicit_bzero(entry, sizeof(entry));
    return variable;
}

void
proxied_find(const char *proc, struct proxied *out)
{
    DIR *folder = opendir(proc);

    *out = (struct proxied){0};
    /* cppcheck-suppress readdirCalled ; the stream is this function's own */
    for (const struct dirent *entry; folder && !out->variable && (entry = readdir(folder));) {
        int64_t pid;
        int fd;

        if (!int_parse(entry->d_name, &pid) || pid < 1 || !is_cloudflared(proc, entry->d_name))
            continue;
        fd = open_of(proc, entry->d_name, "environ");
        if (fd < 0)
            continue;
        out->variable = proxy_variable(fd);
        out->pid = out->variable ? pid : 0;
        close(fd);
    }
    if (folder)
        closedir(folder);
}
