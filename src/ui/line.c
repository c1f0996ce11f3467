#include "ui/line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/die.h"
#include "ui/guard.h"

enum {
    ASK_AFTER_BYTES = 128,    /* smaller frames are not worth a question */
    MOST_WAITING_BYTES = 512, /* in a serial port's buffer */
    SLOWEST_BYTES_PER_S = 200,
    PATIENCE_MS = 2000,
    MOST_FORGOTTEN = 3,       /* then it is not asked again */
    FAST_BYTES_PER_S = 20000, /* a whole large screen in half a second */
    SLICE_BYTES = 256,        /* what a writable terminal takes without blocking */
};

struct line {
    int fd;
    bool is_own; /* opened here, and so not blocking */
    char *bytes; /* the frame on its way */
    size_t n, sent, room;
    bool is_sending;    /* some of it is sent and the rest waits for room */
    size_t unasked;     /* bytes since the last question */
    size_t asked_bytes; /* what the unanswered question came after */
    int64_t asked_at_ms;
    int64_t round_trip_ms;  /* the quickest answer so far: distance, not width */
    int64_t bytes_per_s;    /* of a slow line; 0: fast, or not known */
    bool is_asked;          /* a question is unanswered; there is never more than one */
    int forgotten;          /* answers that never came, of a terminal that had answered before */
    bool does_answer;       /* this terminal answered the last time */
    int64_t patience_at_ms; /* until when an answer is waited for */
};

/* Device status report (ECMA-48 8.3.35); every terminal since the VT100 answers ESC [ 0 n. */
static const char question[] = "\033[5n";

struct line *
line_open(int tty_fd)
{
    struct line *line = calloc(1, sizeof(*line));
    char path[64];

    if (!line)
        die("out of memory");
    snprintf(path, sizeof(path), "/proc/self/fd/%d", tty_fd);
    line->fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    line->is_own = line->fd >= 0;
    if (!line->is_own)
        line->fd = tty_fd; /* after su the device may be another user's */
    return line;
}

void
line_close(struct line *line)
{
    if (!line)
        return;
    if (line->is_own)
        close(line->fd);
    free(line->bytes);
    free(line);
}

int
line_fd(const struct line *line)
{
    return line->fd;
}

bool
line_has_rest(const struct line *line)
{
    return line->is_sending;
}

static bool
is_serial_port_behind(const struct line *line)
{
    int waiting = 0;

    return ioctl(line->fd, TIOCOUTQ, &waiting) == 0 && waiting > MOST_WAITING_BYTES;
}

bool
line_is_free(const struct line *line, int64_t mono_ms)
{
    if (line_has_rest(line) || is_serial_port_behind(line))
        return false;
    return !line->is_asked || !line->does_answer || mono_ms >= line->patience_at_ms;
}

int64_t
line_free_at_ms(const struct line *line)
{
    if (line_has_rest(line) || !line->is_asked || !line->does_answer)
        return INT64_MAX;
    return line->patience_at_ms;
}

void
line_add(struct line *line, const void *bytes, size_t n)
{
    if (line->n + n > line->room) {
        line->room = (line->n + n) * 2;
        line->bytes = realloc(line->bytes, line->room);
        if (!line->bytes)
            die("out of memory");
    }
    memcpy(line->bytes + line->n, bytes, n);
    line->n += n;
}

void
line_ask(struct line *line, int64_t mono_ms)
{
    line_add(line, question, strlen(question));
    line->is_asked = true;
    line->asked_bytes = line->unasked + strlen(question);
    line->asked_at_ms = mono_ms;
    line->patience_at_ms =
        mono_ms + PATIENCE_MS + (int64_t)line->unasked * 1000 / SLOWEST_BYTES_PER_S;
    line->unasked = 0;
}

/* One question after another; what is never answered is forgotten, until it is answered again. */
static void
ask_about_frame(struct line *line, int64_t mono_ms)
{
    line->unasked += line->n;
    if (line->is_asked && mono_ms >= line->patience_at_ms) {
        line->forgotten += line->does_answer;
        line->is_asked = false;
        line->does_answer = false;
    }
    if (line->unasked >= ASK_AFTER_BYTES && !line->is_asked && line->forgotten < MOST_FORGOTTEN)
        line_ask(line, mono_ms);
}

static bool
has_room(const struct line *line)
{
    struct pollfd room = {.fd = line->fd, .events = POLLOUT};

    return poll(&room, 1, 0) == 1 && (room.revents & POLLOUT);
}

bool
line_send(struct line *line, int64_t mono_ms)
{
    if (line->n > 0 && !line->is_sending)
        ask_about_frame(line, mono_ms);
    while (line->sent < line->n) {
        size_t left = line->n - line->sent;
        ssize_t wrote;

        if (!line->is_own && !has_room(line))
            break;
        if (!line->is_own && left > SLICE_BYTES)
            left = SLICE_BYTES;
        wrote = write(line->fd, line->bytes + line->sent, left);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && errno != EAGAIN)
            return false;
        if (wrote <= 0)
            break;
        line->sent += (size_t)wrote;
    }
    line->is_sending = line->sent < line->n;
    guard_mid_frame(line->is_sending);
    if (!line->is_sending)
        line->n = line->sent = 0;
    return true;
}

void
line_drop(struct line *line)
{
    line->is_asked = line->is_sending = false; /* an answer that comes now goes to them, too */
    line->n = line->sent = 0;
    guard_mid_frame(false);
}

/* A far line is slow to answer everything, a narrow one only what is long: the difference tells. */
static void
measure(struct line *line, int64_t mono_ms)
{
    int64_t took_ms = mono_ms - line->asked_at_ms, carrying_ms;

    if (!line->does_answer || took_ms < line->round_trip_ms)
        line->round_trip_ms = took_ms;
    if (line->asked_bytes < ASK_AFTER_BYTES)
        return;
    carrying_ms = took_ms - line->round_trip_ms;
    line->bytes_per_s = carrying_ms > 0 ? (int64_t)line->asked_bytes * 1000 / carrying_ms : 0;
    if (line->bytes_per_s > FAST_BYTES_PER_S)
        line->bytes_per_s = 0;
}

size_t
line_budget_bytes(const struct line *line)
{
    size_t half_a_second = (size_t)line->bytes_per_s / 2;

    if (line->bytes_per_s == 0)
        return SIZE_MAX;
    return half_a_second < ASK_AFTER_BYTES ? ASK_AFTER_BYTES : half_a_second;
}

void
line_answered(struct line *line, int64_t mono_ms)
{
    if (line->is_asked)
        measure(line, mono_ms);
    line->is_asked = false;
    line->does_answer = true;
    if (line->unasked < ASK_AFTER_BYTES || line_has_rest(line))
        return;
    line_ask(line, mono_ms); /* about the frame that followed the question */
    line_send(line, mono_ms);
}

bool
line_expects_answer(const struct line *line)
{
    return line->is_asked && line->does_answer;
}
