#include "probe/dot.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "probe/tls.h"

static void
hang_up(struct dot_query *query)
{
    loop_unwatch(query->loop, &query->watch);
    timer_clear(query->loop, &query->deadline);
    tls_close(query->tls);
    query->tls = NULL;
    if (query->fd >= 0)
        close(query->fd);
    query->fd = -1;
}

static void
tell(void *context)
{
    struct dot_query *query = context;

    query->is_waiting = false;
    query->done(query->context);
}

static void
finish(struct dot_query *query)
{
    query->us = clock_mono_us() - query->started_us;
    hang_up(query);
    query->deadline = (struct timer){.due = tell, .context = query};
    timer_set(query->loop, &query->deadline, 0);
}

static void
give_up(void *context)
{
    struct dot_query *query = context;

    fault_set(&query->fault, STAGE_dns, SIGNAL_timeout, DOT_DEADLINE_MS,
              "DNS over TLS: no answer within %d ms", DOT_DEADLINE_MS);
    finish(query);
}

/* Each part of the course: TLS_done when it is over. */

static enum tls_step
prove(struct dot_query *query)
{
    enum tls_step step = tls_step(query->tls, &query->fault);

    if (step == TLS_done && !tls_judge(query->tls, &query->fault))
        return TLS_failed; /* somebody else answers: what he says is worth nothing */
    query->is_proven = step == TLS_done;
    return step;
}

static enum tls_step
send_question(struct dot_query *query)
{
    enum tls_step step = tls_send(query->tls, query->out, query->n_out, &query->fault);

    query->is_sent = step == TLS_done;
    return step;
}

static bool
is_whole(const struct dot_query *query)
{
    return query->n_in >= 2 && query->n_in >= 2u + (size_t)(query->in[0] << 8 | query->in[1]);
}

static enum tls_step
receive_answer(struct dot_query *query)
{
    while (!is_whole(query)) {
        size_t n = 0;
        enum tls_step step = tls_receive(query->tls, query->in + query->n_in,
                                         sizeof(query->in) - query->n_in, &n, &query->fault);

        if (step != TLS_done)
            return step;
        query->n_in += n;
    }
    query->has_answered =
        dns_read_answer(query->out + 2, query->in + 2, (size_t)(query->in[0] << 8 | query->in[1]),
                        query->family, &query->answer);
    if (!query->has_answered)
        fault_set(&query->fault, STAGE_dns, SIGNAL_dns, 0, "DNS over TLS: a malformed answer");
    return query->has_answered ? TLS_done : TLS_failed;
}

static void
go_on(void *context, unsigned events)
{
    struct dot_query *query = context;
    enum tls_step step = TLS_done;

    (void)events;
    if (!query->is_proven)
        step = prove(query);
    if (step == TLS_done && !query->is_sent)
        step = send_question(query);
    if (step == TLS_done)
        step = receive_answer(query);
    if (step == TLS_wants_read || step == TLS_wants_write)
        loop_watch(query->loop, &query->watch, query->fd,
                   step == TLS_wants_read ? LOOP_READ : LOOP_WRITE);
    else
        finish(query);
}

static void
connected(void *context, unsigned events)
{
    struct dot_query *query = context;
    int error = 0;
    socklen_t n = sizeof(error);

    if (getsockopt(query->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
        error = errno;
    if (error) {
        fault_set_errno(&query->fault, STAGE_dns, error, "DNS over TLS");
        finish(query);
        return;
    }
    query->tls = tls_open(query->server->trust, query->fd, query->server->name, 0);
    query->watch.ready = go_on;
    go_on(query, events);
}

void
dot_ask(struct loop *loop, const struct dot_server *server, struct dot_query *query,
        const char *name, int family)
{
    const struct sockaddr *to = (const struct sockaddr *)&server->address.bytes;

    dot_cancel(query);
    *query = (struct dot_query){
        .done = query->done, .context = query->context, .loop = loop, .server = server};
    query->family = family;
    query->is_waiting = true;
    query->started_us = clock_mono_us();
    query->n_out = dns_make_question(name, family, query->out + 2, sizeof(query->out) - 2);
    query->out[0] = (uint8_t)(query->n_out >> 8); /* RFC 1035 section 4.2.2 */
    query->out[1] = (uint8_t)query->n_out;
    query->n_out += 2;
    query->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (query->fd < 0 || query->n_out == 2 ||
        (connect(query->fd, to, server->address.n) != 0 && errno != EINPROGRESS)) {
        fault_set_errno(&query->fault, STAGE_dns, query->n_out == 2 ? EINVAL : errno,
                        "DNS over TLS");
        finish(query);
        return;
    }
    query->watch = (struct watch){.ready = connected, .context = query};
    query->deadline = (struct timer){.due = give_up, .context = query};
    timer_set(loop, &query->deadline, query->started_us + DOT_DEADLINE_MS * INT64_C(1000));
    loop_watch(loop, &query->watch, query->fd, LOOP_WRITE);
}

void
dot_cancel(struct dot_query *query)
{
    if (!query->is_waiting)
        return;
    hang_up(query);
    query->is_waiting = false;
}
