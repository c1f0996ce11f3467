#include "aid/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/die.h"

enum { LONGEST_PATH = 4096 };

char *
folder_new(void)
{
    const char *parent = getenv("TMPDIR");
    char path[LONGEST_PATH];

    snprintf(path, sizeof(path), "%s/sandwatch-test-XXXXXX", parent && *parent ? parent : "/tmp");
    if (!mkdtemp(path))
        die("cannot make %s", path);
    return strdup(path);
}

void
folder_write(const char *folder, const char *name, const char *content)
{
    char path[LONGEST_PATH];
    size_t n = strlen(content);
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, content, n) != (ssize_t)n)
        die("cannot write %s", path);
    close(fd);
}

void
folder_free(char *folder)
{
    DIR *dir = opendir(folder);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[LONGEST_PATH];

        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(path);
    }
    if (dir)
        closedir(dir);
    rmdir(folder);
    free(folder);
}
