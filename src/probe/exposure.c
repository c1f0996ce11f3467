#include "probe/exposure.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"

static void
hang_up(struct exposure_probe *probe, struct exposure_try *one)
{
    if (!one->watch.is_on)
        return;
    loop_unwatch(probe->loop, &one->watch);
    close(one->watch.fd);
    probe->n_left--;
}

static void
finish(void *context)
{
    struct exposure_probe *probe = context;

    exposure_cancel(probe);
    probe->at_ms = clock_wall_ms();
    probe->done(probe->context);
}

static void
note_open(struct exposure_probe *probe, const struct address *address)
{
    bool is_public = !address_is_private(address);

    if (probe->is_found && (probe->is_public || !is_public))
        return; /* a public one says more than a private one */
    probe->found = *address;
    probe->is_found = true;
    probe->is_public = is_public;
}

static void
came(void *context, unsigned events)
{
    struct exposure_try *one = context;
    struct exposure_probe *probe = one->probe;
    int error = 0;
    socklen_t n = sizeof(error);

    (void)events;
    if (getsockopt(one->watch.fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0)
        note_open(probe, &one->address);
    hang_up(probe, one);
    if (probe->n_left == 0)
        timer_set(probe->loop, &probe->deadline, 0);
}

/* Bound to its own goal: when the address is no longer ours, that fails, and no packet is sent. */
static int
connect_to_ourselves(const struct address *address)
{
    struct address from = *address;
    int fd = socket(address->bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    address_set_port(&from, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&from.bytes, from.n) == 0 &&
        (connect(fd, (const struct sockaddr *)&address->bytes, address->n) == 0 ||
         errno == EINPROGRESS))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Link-local addresses of IPv6 need an interface beside them, and every interface has one. */
static bool
is_wanted(const struct ifaddrs *interface, struct address *out)
{
    const struct sockaddr *from = interface->ifa_addr;
    socklen_t n;

    if (!from || !(interface->ifa_flags & IFF_UP) || (interface->ifa_flags & IFF_LOOPBACK))
        return false;
    n = from->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    return address_set(from, n, out) && !address_is_link_local(out);
}

static void
start(struct exposure_probe *probe, uint16_t port)
{
    struct ifaddrs *all = NULL;

    if (getifaddrs(&all) != 0)
        return;
    for (struct ifaddrs *i = all; i && probe->n < COUNT_OF(probe->tries); i = i->ifa_next) {
        struct exposure_try *one = &probe->tries[probe->n];
        int fd;

        *one = (struct exposure_try){.probe = probe};
        if (!is_wanted(i, &one->address))
            continue;
        address_set_port(&one->address, port);
        probe->n++;
        probe->tried++;
        fd = connect_to_ourselves(&one->address);
        if (fd < 0)
            continue;
        one->watch = (struct watch){.ready = came, .context = one};
        probe->n_left++;
        loop_watch(probe->loop, &one->watch, fd, LOOP_WRITE);
    }
    freeifaddrs(all);
}

void
exposure_ask(struct exposure_probe *probe, uint16_t port)
{
    int64_t now_ms = clock_mono_ms();
    bool is_other = port != probe->port;

    if (port == 0 || (probe->is_running && !is_other) ||
        (probe->at_ms > 0 && !is_other && now_ms - probe->started_ms < EXPOSURE_EVERY_MS))
        return;
    exposure_cancel(probe);
    probe->port = port;
    probe->started_ms = now_ms;
    probe->is_running = true;
    probe->is_found = probe->is_public = false;
    probe->n = probe->n_left = probe->tried = 0;
    probe->deadline = (struct timer){.due = finish, .context = probe};
    start(probe, port);
    timer_set(probe->loop, &probe->deadline,
              probe->n_left > 0 ? clock_mono_us() + EXPOSURE_DEADLINE_MS * INT64_C(1000) : 0);
}

void
exposure_cancel(struct exposure_probe *probe)
{
    if (!probe->is_running)
        return;
    for (size_t i = 0; i < probe->n; i++)
        hang_up(probe, &probe->tries[i]);
    timer_clear(probe->loop, &probe->deadline);
    probe->is_running = false;
}

void
exposure_show(const struct exposure_probe *probe, struct arena *arena, struct exposure *out)
{
    TEXT(where, ADDRESS_TEXT_BYTES);

    if (probe->is_found)
        address_add(&where, &probe->found);
    *out = (struct exposure){
        .at_ms = probe->at_ms,
        .tried = probe->tried,
        .address = arena_strndup(arena, where.bytes, where.n),
        .is_public = probe->is_public,
    };
}
