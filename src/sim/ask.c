#include "sim/ask.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/text.h"
#include "sim/buffer.h"
#include "sim/loopback.h"

enum { ANSWER_MOST_BYTES = 8 << 20, WITHIN_MS = 30000, STEP_S = 20, SAID_CELLS = 200 };

/* A program that was stopped meanwhile goes on where it was: what was interrupted connects by
 * itself. */
static bool
connects(int fd, const struct sockaddr *address, socklen_t n)
{
    struct pollfd done = {.fd = fd, .events = POLLOUT};
    socklen_t n_error = sizeof(errno);
    int ready;

    if (connect(fd, address, n) == 0)
        return true;
    if (errno != EINTR)
        return false;
    do
        ready = poll(&done, 1, STEP_S * 1000);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        errno = ETIMEDOUT;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &n_error) == 0 && errno == 0)
        return true;
    return false;
}

static bool
connect_to(const char *url, int *out_fd, struct err *err)
{
    static const char scheme[] = "http://";
    const struct timeval step = {.tv_sec = STEP_S};
    struct sockaddr_storage address;
    socklen_t n;

    if (strncmp(url, scheme, strlen(scheme)) != 0)
        return err_set(err, ERR_USAGE, "expected http://ADDRESS:PORT, found \"%.60s\"", url);
    if (!loopback_parse(url + strlen(scheme), &address, &n, err))
        return false;
    *out_fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*out_fd >= 0 && setsockopt(*out_fd, SOL_SOCKET, SO_RCVTIMEO, &step, sizeof(step)) == 0 &&
        setsockopt(*out_fd, SOL_SOCKET, SO_SNDTIMEO, &step, sizeof(step)) == 0 &&
        connects(*out_fd, (struct sockaddr *)&address, n))
        return true;
    err_set(err, ERR_NET, "%s: %s", url, strerror(errno));
    if (*out_fd >= 0)
        close(*out_fd);
    return false;
}

static bool
send_question(int fd, const struct ask_question *question, struct err *err)
{
    struct buffer out = {0};
    size_t sent = 0;
    bool ok;

    buffer_addf(&out, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                question->body ? "POST" : "GET", question->path);
    if (question->body)
        buffer_addf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                    strlen(question->body));
    buffer_addf(&out, "\r\n%s", question->body ? question->body : "");
    while (sent < out.n) {
        ssize_t n = send(fd, out.bytes + sent, out.n - sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    ok = sent == out.n || err_set(err, ERR_NET, "cannot send: %s", strerror(errno));
    buffer_free(&out);
    return ok;
}

/* Everything until the other side closes. */
static bool
receive(int fd, struct buffer *in, struct err *err)
{
    int64_t deadline_ms = clock_mono_ms() + WITHIN_MS;
    char piece[4096];

    for (;;) {
        ssize_t n = recv(fd, piece, sizeof(piece), 0);

        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return err_set(err, errno == EAGAIN ? ERR_TIMEOUT : ERR_NET, "no answer: %s",
                           errno == EAGAIN ? "timed out" : strerror(errno));
        if (clock_mono_ms() > deadline_ms)
            return err_set(err, ERR_TIMEOUT, "no whole answer within %d s", WITHIN_MS / 1000);
        if (n > 0 && in->n + (size_t)n > ANSWER_MOST_BYTES)
            return err_set(err, ERR_LIMIT, "the answer is too long");
        if (n > 0)
            buffer_addn(in, piece, (size_t)n);
    }
}

/* The body after the head; the simulator's answers are never chunked. */
static struct json *
read_answer(const struct buffer *in, struct err *err)
{
    static const char version[] = "HTTP/1.1 ";
    const char *body = in->n > 0 ? strstr(in->bytes, "\r\n\r\n") : NULL;
    struct json *json;
    TEXT(said, 400);

    if (!body || strncmp(in->bytes, version, strlen(version)) != 0) {
        err_set(err, ERR_FORMAT, "the answer is not one of a simulator");
        return NULL;
    }
    body += strlen("\r\n\r\n");
    json = json_parse(body, in->n - (size_t)(body - in->bytes), err);
    if (!json || strncmp(in->bytes + strlen(version), "200", 3) == 0)
        return json;
    text_add_cells(&said, json_string(json_get(json, "error"), "message", "refused"), SAID_CELLS,
                   "…");
    err_set(err, ERR_REFUSED, "%s", said.bytes);
    json_free(json);
    return NULL;
}

struct json *
ask_simulator(const struct ask_question *question, struct err *err)
{
    struct buffer in = {0};
    struct json *json = NULL;
    int fd = -1;

    if (!connect_to(question->url, &fd, err))
        return NULL;
    if (send_question(fd, question, err) && receive(fd, &in, err))
        json = read_answer(&in, err);
    buffer_free(&in);
    close(fd);
    return json;
}
