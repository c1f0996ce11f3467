#include "history/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"

enum { LOCK_WITHIN_MS = 5000, LOCK_AGAIN_MS = 5 };

static const char file_name[] = "journal.db";

static bool
fail(const char *path, const char *what, struct err *err)
{
    return err_set(err, ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

/* The folder and those above it, as `mkdir -p` with 0700. */
static bool
make_folders(const char *folder, struct err *err)
{
    char path[PLACE_PATH_BYTES];

    if (snprintf(path, sizeof(path), "%s", folder) >= (int)sizeof(path))
        return err_set(err, ERR_IO, "the journal's folder has a name that is too long");
    for (char *slash = path + 1;; slash++) {
        char at = *slash;

        if (at != '/' && at != '\0')
            continue;
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return fail(path, "the journal's folder cannot be made", err);
        if (at == '\0')
            return true;
        *slash = at;
    }
}

/* Without links, because SQLite refuses them: whoever can write one could send us elsewhere. */
static bool
resolve(const char *folder, struct place *out, struct err *err)
{
    char real[PATH_MAX];

    if (!realpath(folder, real))
        return fail(folder, "the journal's folder cannot be read", err);
    snprintf(out->folder, sizeof(out->folder), "%s", real);
    if (snprintf(out->file, sizeof(out->file), "%s/%s", real, file_name) >= (int)sizeof(out->file))
        return err_set(err, ERR_IO, "the journal's folder has a name that is too long");
    return true;
}

static bool
check_folder(const char *folder, struct stat *out, struct err *err)
{
    if (stat(folder, out) != 0)
        return fail(folder, "the journal's folder cannot be read", err);
    if (!S_ISDIR(out->st_mode))
        return err_set(err, ERR_IO, "%s: the journal's folder is no folder", folder);
    if (out->st_mode & S_IWOTH)
        return err_set(err, ERR_IO,
                       "%s: everybody may write the journal's folder; chmod o-w makes it safe",
                       folder);
    if ((out->st_mode & S_IWGRP) && !(out->st_mode & S_ISGID))
        return err_set(err, ERR_IO,
                       "%s: the journal's folder is its group's, but what is made in it is not; "
                       "chmod g+s for a shared one, g-w for a private one",
                       folder);
    return true;
}

/* An empty file, which SQLite takes for a new one; its other files get the same mode. */
static bool
make_file(const struct place *place, const struct stat *folder, struct err *err)
{
    mode_t mode = folder->st_mode & S_IWGRP ? 0660 : 0600;
    int fd = open(place->file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    bool is_made = fd >= 0;

    if (fd < 0 && errno != EEXIST)
        return fail(place->file, "it cannot be made", err);
    if (is_made && fchmod(fd, mode) != 0) /* whatever the umask */
        is_made = fail(place->file, "its mode cannot be set", err);
    if (fd < 0)
        return true;
    close(fd);
    return is_made;
}

bool
place_make(const char *folder, struct place *out, struct err *err)
{
    struct stat status;

    return make_folders(folder, err) && resolve(folder, out, err) &&
           check_folder(out->folder, &status, err) && make_file(out, &status, err);
}

bool
place_find(const char *folder, struct place *out, bool *is_there, struct err *err)
{
    struct stat status;

    *is_there = false;
    if (stat(folder, &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    if (!resolve(folder, out, err) || !check_folder(out->folder, &status, err))
        return false;
    if (stat(out->file, &status) == 0)
        *is_there = true;
    else if (errno != ENOENT)
        return fail(out->file, "it cannot be read", err);
    return true;
}

int
place_lock(const struct place *place, struct err *err)
{
    int fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int64_t deadline_ms = clock_mono_ms() + LOCK_WITHIN_MS;

    if (fd < 0) {
        fail(place->folder, "the journal's folder cannot be read", err);
        return -1;
    }
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK && clock_mono_ms() < deadline_ms) {
            poll(NULL, 0, LOCK_AGAIN_MS); /* a lock has no event */
            continue;
        }
        fail(place->folder, "the journal's folder cannot be locked", err);
        close(fd);
        return -1;
    }
    return fd;
}
