#include "probe/libc.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/err.h"
#include "core/text.h"
#include "core/thread.h"
#include "probe/berths.h"

/* Shared by the question and the thread; the last one to let go frees it. */
struct libc_job {
    atomic_int holders;
    atomic_bool is_over; /* then the rest is the question's */
    int fd;              /* becomes readable when the rest is filled in */
    char host[DNS_NAME_BYTES];
    int error;     /* of getaddrinfo; 0 */
    bool is_short; /* of files */
    struct address addresses[FAMILIES * DNS_ADDRESSES];
    size_t n_addresses;
};

static void
let_go(struct libc_job *job)
{
    if (atomic_fetch_sub(&job->holders, 1) > 1)
        return;
    close(job->fd);
    free(job);
}

static void *
resolve(void *argument)
{
    struct libc_job *job = argument;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    uint64_t one = 1;
    int error;

    job->error = getaddrinfo(job->host, NULL, &hints, &found);
    for (const struct addrinfo *one_of = found;
         job->error == 0 && one_of && job->n_addresses < COUNT_OF(job->addresses);
         one_of = one_of->ai_next)
        job->n_addresses +=
            address_set(one_of->ai_addr, one_of->ai_addrlen, &job->addresses[job->n_addresses]);
    if (found)
        freeaddrinfo(found);
    job->is_short = job->error != 0 && berths_lack_files(&error);
    atomic_store(&job->is_over, true);
    (void)!write(job->fd, &one, sizeof(one));
    let_go(job);
    return NULL;
}

static void
stop_waiting(struct libc_query *query)
{
    loop_unwatch(query->loop, &query->watch);
    timer_clear(query->loop, &query->deadline);
    if (query->job)
        let_go(query->job);
    query->job = NULL;
}

static void
give_up(void *context)
{
    struct libc_query *query = context;

    query->us = clock_mono_us() - query->started_us;
    if (!query->job)
        query->started_us = 0; /* it was never asked */
    else
        fault_set(&query->fault, STAGE_dns, SIGNAL_timeout, DNS_DEADLINE_MS,
                  "getaddrinfo: no answer within %d ms", DNS_DEADLINE_MS);
    stop_waiting(query);
    query->done(query->context);
}

static void
resolved(void *context, unsigned events)
{
    struct libc_query *query = context;
    struct libc_job *job = query->job;

    (void)events;
    if (!atomic_load(&job->is_over))
        return;
    query->us = clock_mono_us() - query->started_us;
    if (job->error && job->is_short)
        query->started_us = 0; /* it could not ask */
    query->n_addresses = job->n_addresses;
    memcpy(query->addresses, job->addresses, sizeof(query->addresses));
    if (job->error)
        fault_set(&query->fault, STAGE_dns, SIGNAL_dns, job->error, "getaddrinfo: %s",
                  gai_strerror(job->error));
    stop_waiting(query);
    query->done(query->context);
}

static struct libc_job *
job_start(const char *host, struct err *err)
{
    struct libc_job *job = calloc(1, sizeof(*job));
    pthread_t thread;

    if (!job)
        die("out of memory");
    atomic_init(&job->holders, 2);
    text_clean(job->host, sizeof(job->host), host, strlen(host));
    job->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->fd >= 0 && thread_start(&thread, "getaddrinfo", resolve, job, err)) {
        pthread_detach(thread);
        return job;
    }
    if (job->fd >= 0)
        close(job->fd);
    free(job);
    return NULL;
}

void
libc_ask(struct loop *loop, struct libc_query *query, const char *host)
{
    struct err err;

    if (libc_is_waiting(query))
        libc_cancel(query);
    fault_clear(&query->fault);
    query->loop = loop;
    query->n_addresses = 0;
    query->started_us = clock_mono_us();
    query->deadline = (struct timer){.due = give_up, .context = query};
    query->watch = (struct watch){.ready = resolved, .context = query};
    query->job = job_start(host, &err);
    timer_set(loop, &query->deadline,
              query->job ? query->started_us + DNS_DEADLINE_MS * INT64_C(1000) : 0);
    if (query->job)
        loop_watch(loop, &query->watch, query->job->fd, LOOP_READ);
}

void
libc_cancel(struct libc_query *query)
{
    if (libc_is_waiting(query))
        stop_waiting(query);
}

bool
libc_is_waiting(const struct libc_query *query)
{
    return query->deadline.is_set;
}
