#include "probe/inner_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "probe/tls.h"

enum { CHUNK_BYTES = 16 * 1024, STATUS_AT = 9 /* "HTTP/1.1 101" */ };

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void
inner_tls_cancel(struct inner_tls *inner)
{
    if (!inner->is_running)
        return;
    inner->is_running = false;
    timer_clear(inner->loop, &inner->deadline);
    loop_unwatch(inner->loop, &inner->watch);
    tls_close(inner->tls);
    inner->tls = NULL;
    close_fd(&inner->fd);
    close_fd(&inner->inner_fd);
    close_fd(&inner->tls_fd);
}

void
inner_tls_close(struct inner_tls *inner)
{
    inner_tls_cancel(inner);
    free(inner->certificate);
    inner->certificate = NULL;
    inner->certificate_bytes = 0;
    inner->answer = SERVED_off;
}

static void
finish(struct inner_tls *inner, enum served_answer answer)
{
    inner_tls_cancel(inner);
    inner->answer = answer;
    inner->at_ms = clock_wall_ms();
    inner->done(inner->context);
}

static void
out_of_time(void *context)
{
    struct inner_tls *inner = context;

    fault_set(&inner->fault, inner->is_open ? STAGE_tls : STAGE_http, SIGNAL_timeout,
              INNER_TLS_DEADLINE_MS, "no %s within %d ms", inner->is_open ? "TLS" : "WebSocket",
              INNER_TLS_DEADLINE_MS);
    finish(inner, inner->is_open ? SERVED_tls_failed : SERVED_no_answer);
}

/* ---- TLS, inside ---- */

/* Its flights are small: a socket that takes none of them is as good as closed. */
static bool
send_frame(struct inner_tls *inner, int opcode, uint8_t *bytes, size_t n)
{
    uint8_t frame[WEBSOCKET_HEAD_BYTES + CHUNK_BYTES], mask[4];
    size_t head;

    if (getrandom(mask, sizeof(mask), 0) != sizeof(mask))
        die("no random numbers");
    head = websocket_head(frame, opcode, n, mask);
    for (size_t i = 0; i < n; i++)
        frame[head + i] = bytes[i] ^ mask[i % 4];
    return send(inner->fd, frame, head + n, MSG_NOSIGNAL) == (ssize_t)(head + n);
}

/* What OpenSSL wants to say. */
static bool
carry_out(struct inner_tls *inner)
{
    uint8_t bytes[CHUNK_BYTES];
    ssize_t n;

    while ((n = recv(inner->inner_fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        if (!send_frame(inner, WEBSOCKET_BINARY, bytes, (size_t)n))
            return false;
    return true;
}

static void
carry_in(void *context, const uint8_t *bytes, size_t n)
{
    struct inner_tls *inner = context;

    (void)!send(inner->inner_fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
take_certificate(struct inner_tls *inner)
{
    struct tls_blob blob;

    free(inner->certificate);
    inner->certificate = NULL;
    if (!tls_peer(inner->tls, &blob)) {
        fault_set(&inner->fault, STAGE_tls, SIGNAL_tls, 0, "it showed no certificate");
        finish(inner, SERVED_tls_failed);
        return;
    }
    inner->certificate = (unsigned char *)(uintptr_t)blob.bytes;
    inner->certificate_bytes = blob.n;
    (void)send_frame(inner, WEBSOCKET_CLOSE, NULL, 0);
    finish(inner, SERVED_certificate);
}

static void
go_on(struct inner_tls *inner)
{
    enum tls_step step = tls_step(inner->tls, &inner->fault);
    bool is_sent = carry_out(inner);

    if (step == TLS_done) {
        take_certificate(inner);
    } else if (step == TLS_failed || !is_sent) {
        if (step != TLS_failed)
            fault_set(&inner->fault, STAGE_tls, SIGNAL_eof, 0, "it closed the WebSocket");
        finish(inner, SERVED_tls_failed);
    }
}

static bool
open_tls(struct inner_tls *inner)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        fault_set_errno(&inner->fault, STAGE_tls, errno, "at socketpair");
        return false;
    }
    inner->inner_fd = ends[0];
    inner->tls_fd = ends[1];
    inner->tls = tls_open(inner->trust, inner->tls_fd, inner->host, 0);
    inner->is_open = true;
    return true;
}

static void
take_frames(struct inner_tls *inner, const char *bytes, size_t n)
{
    if (!websocket_read(&inner->reader, (const uint8_t *)bytes, n) || inner->reader.is_closed) {
        fault_set(&inner->fault, STAGE_tls, SIGNAL_eof, 0, "it ended the WebSocket");
        finish(inner, SERVED_tls_failed);
        return;
    }
    go_on(inner);
}

/* ---- the WebSocket ---- */

static void
refuse(struct inner_tls *inner, const char *reply)
{
    char line[80];

    text_clean(line, sizeof(line), reply, strcspn(reply, "\r\n"));
    fault_set(&inner->fault, STAGE_http, SIGNAL_http, 0, "no WebSocket: \"%s\"", line);
    finish(inner, SERVED_no_answer);
}

/* Sec-WebSocket-Accept is not looked at: what proves the proxy is the certificate inside. */
static void
take_reply(struct inner_tls *inner, const char *bytes, size_t n)
{
    size_t room = sizeof(inner->reply) - 1 - inner->n_reply, taken = n < room ? n : room, over;
    const char *end;

    memcpy(inner->reply + inner->n_reply, bytes, taken);
    inner->n_reply += taken;
    inner->reply[inner->n_reply] = '\0';
    end = strstr(inner->reply, "\r\n\r\n");
    if (!end && taken == n)
        return; /* more will come */
    if (!end || strncmp(inner->reply, "HTTP/1.", 7) != 0 ||
        strncmp(inner->reply + STATUS_AT, "101", 3) != 0) {
        refuse(inner, inner->reply);
        return;
    }
    over = inner->n_reply - (size_t)(end + 4 - inner->reply);
    if (!open_tls(inner)) {
        finish(inner, SERVED_no_answer);
        return;
    }
    if (over > 0)
        take_frames(inner, end + 4, over);
    else
        go_on(inner);
}

static void
heard(void *context, unsigned events)
{
    struct inner_tls *inner = context;
    char bytes[CHUNK_BYTES];
    ssize_t n = recv(inner->fd, bytes, sizeof(bytes), 0);

    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        fault_set(&inner->fault, STAGE_http, SIGNAL_eof, 0, "closed by the peer");
        finish(inner, inner->is_open ? SERVED_tls_failed : SERVED_no_answer);
    } else if (inner->is_open) {
        take_frames(inner, bytes, (size_t)n);
    } else {
        take_reply(inner, bytes, (size_t)n);
    }
}

static void
connected(void *context, unsigned events)
{
    struct inner_tls *inner = context;
    uint8_t nonce[WEBSOCKET_NONCE_BYTES];
    char request[INNER_TLS_HOST_BYTES + 256];
    size_t size;
    int error = 0;
    socklen_t n = sizeof(error);

    (void)events;
    getsockopt(inner->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
        die("no random numbers");
    size = websocket_request(request, sizeof(request), inner->host, nonce);
    if (error == 0 && send(inner->fd, request, size, MSG_NOSIGNAL) != (ssize_t)size)
        error = errno;
    if (error) {
        fault_set_errno(&inner->fault, STAGE_tcp, error, "at connect");
        finish(inner, SERVED_no_answer);
        return;
    }
    loop_unwatch(inner->loop, &inner->watch);
    inner->watch.ready = heard;
    loop_watch(inner->loop, &inner->watch, inner->fd, LOOP_READ);
}

static void
failed_at_once(void *context)
{
    finish(context, SERVED_no_answer);
}

void
inner_tls_ask(struct inner_tls *inner, const struct address *address, const char *host)
{
    if (inner->is_running)
        return;
    inner->address = *address;
    text_clean(inner->host, sizeof(inner->host), host, strlen(host));
    inner->fault = (struct fault){0};
    inner->reader = (struct websocket_reader){.data = carry_in, .context = inner};
    inner->n_reply = 0;
    inner->is_open = false;
    inner->is_running = true;
    inner->inner_fd = inner->tls_fd = -1;
    inner->watch = (struct watch){.ready = connected, .context = inner};
    inner->deadline = (struct timer){.due = out_of_time, .context = inner};
    inner->fd = socket(address->bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (inner->fd < 0 ||
        (connect(inner->fd, (const struct sockaddr *)&address->bytes, address->n) != 0 &&
         errno != EINPROGRESS)) {
        fault_set_errno(&inner->fault, STAGE_tcp, errno, "at connect");
        inner->deadline.due = failed_at_once;
        timer_set(inner->loop, &inner->deadline, 0);
        return;
    }
    loop_watch(inner->loop, &inner->watch, inner->fd, LOOP_WRITE);
    timer_set(inner->loop, &inner->deadline,
              clock_mono_us() + INNER_TLS_DEADLINE_MS * INT64_C(1000));
}
