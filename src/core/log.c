#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/text.h"

enum { LINE_BYTES = 1024 };

static atomic_int log_fd = -1;

bool
log_open(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

    if (fd < 0)
        return err_set(err, ERR_CONFIG, "log: cannot write %s: %s", path, strerror(errno));
    log_close();
    atomic_store(&log_fd, fd);
    return true;
}

void
log_close(void)
{
    int fd = atomic_exchange(&log_fd, -1);

    if (fd >= 0)
        close(fd);
}

static bool
is_token_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
}

void
log_mask(char *line)
{
    static const char prefix[] = "sk-ant-";

    for (char *p = line; (p = strstr(p, prefix));) {
        p += strlen(prefix);
        for (int class_letters = 0; class_letters < 5 && is_token_byte(*p); class_letters++)
            if (*p++ == '-')
                break;
        for (; is_token_byte(*p); p++)
            *p = '*';
    }
}

void
log_line(const char *who, const char *format, ...)
{
    int fd = atomic_load(&log_fd);
    TEXT(line, LINE_BYTES);
    va_list args;

    if (fd < 0)
        return;
    rfc3339_add(&line, clock_wall_ms());
    text_addf(&line, " %s: ", who);
    va_start(args, format);
    text_vaddf(&line, format, args);
    va_end(args);
    log_mask(line.bytes);
    line.bytes[line.n] = '\n'; /* replaces the NUL: one write, one line */
    (void)!write(fd, line.bytes, line.n + 1);
}
