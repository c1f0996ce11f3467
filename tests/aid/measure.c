#include "aid/measure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"

enum { PATIENCE_MS = 60000, LOWEST_PORT = 21000, MOST_TRIES = 100 };

static void
insist(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "measure: %s\n", what);
    abort();
}

void
measure_start(struct measure *measure, const struct probe_options *options)
{
    struct err err = {ERR_NONE, ""};

    memset(measure, 0, sizeof(*measure));
    measure->store = store_new();
    measure->probe = probe_start(options, measure->store, &err);
    insist(measure->probe != NULL, err.message);
    store_snapshot(measure->store, &measure->snapshot);
}

void
measure_stop(struct measure *measure)
{
    probe_stop(measure->probe);
    store_release(measure->store, &measure->snapshot);
    store_free(measure->store);
}

bool
measure_until(struct measure *measure,
              bool (*is_so)(const struct snapshot *snapshot, void *context), void *context)
{
    int64_t deadline_ms = clock_mono_ms() + PATIENCE_MS, left_ms;

    for (;;) {
        struct pollfd wake = {.fd = store_wake_fd(measure->store), .events = POLLIN};

        store_woken(measure->store);
        store_release(measure->store, &measure->snapshot);
        store_snapshot(measure->store, &measure->snapshot);
        if (is_so(&measure->snapshot, context))
            return true;
        left_ms = deadline_ms - clock_mono_ms();
        if (left_ms <= 0)
            return false;
        poll(&wake, 1, (int)left_ms);
    }
}

struct goal {
    enum source source;
    uint32_t rounds;
};

static bool
has_rounds(const struct snapshot *snapshot, void *context)
{
    const struct goal *goal = context;

    return snapshot->source[goal->source].rounds >= goal->rounds;
}

bool
measure_rounds(struct measure *measure, enum source source, uint32_t rounds)
{
    struct goal goal = {source, rounds};

    return measure_until(measure, has_rounds, &goal);
}

const struct check *
measure_check(const struct measure *measure, const char *target, enum check_kind kind, int family)
{
    size_t n;
    const struct check *checks = snapshot_checks(&measure->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(checks[i].target, target) == 0 && checks[i].kind == kind &&
            (family == 0 || checks[i].family == family))
            return &checks[i];
    return NULL;
}

const struct connector *
measure_connector(const struct measure *measure, const char *name)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(&measure->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(connectors[i].name, name) == 0)
            return &connectors[i];
    return NULL;
}

/* One that the kernel gives to nobody who does not name it, above those where connectors are looked
 * for; when there are none, any. */
static uint16_t
own_port(void)
{
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    unsigned first = 0, last = 0, below, above;
    uint32_t place = 0;

    insist(file && fscanf(file, "%u %u", &first, &last) == 2, "no range of ports");
    fclose(file);
    below = first > LOWEST_PORT ? first - LOWEST_PORT : 0;
    above = UINT16_MAX - last;
    insist(getrandom(&place, sizeof(place), 0) == sizeof(place), "no random number");
    if (below + above == 0)
        return (uint16_t)(LOWEST_PORT + place % (UINT16_MAX - LOWEST_PORT));
    place %= below + above;
    return (uint16_t)(place < below ? LOWEST_PORT + place : last + 1 + place - below);
}

uint16_t
measure_free_port(int socket_type)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    bool is_free = false;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < MOST_TRIES && !is_free; i++) {
        int fd = socket(AF_INET, socket_type | SOCK_CLOEXEC, 0);

        address.sin_port = htons(own_port());
        is_free = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
        close(fd);
    }
    insist(is_free, "no free port");
    return ntohs(address.sin_port);
}
