/* exposure.h — is a port of this host open at its own addresses other than loopback
 * (facts/connectivity.md E1, L1-8)?
 *
 * Nothing leaves the host: every connection is bound to the very address that it leads to. */
#ifndef PROBE_EXPOSURE_H
#define PROBE_EXPOSURE_H

#include "model/exposure.h"
#include "probe/address.h"
#include "probe/loop.h"

enum {
    EXPOSURE_MOST_ADDRESSES = 16,
    EXPOSURE_DEADLINE_MS = 500,
    EXPOSURE_EVERY_MS = 5 * 60 * 1000,
};

struct arena;
struct exposure_probe;

struct exposure_try {
    struct exposure_probe *probe;
    struct address address;
    struct watch watch;
};

/* The owner fills the first part, zeroes the rest, and keeps it where it is until cancel. */
struct exposure_probe {
    struct loop *loop;
    void (*done)(void *context); /* from the loop, never from within */
    void *context;
    /* the last result */
    int64_t at_ms; /* wall; 0: none */
    size_t tried;
    struct address found;
    bool is_found, is_public;
    /* private */
    struct exposure_try tries[EXPOSURE_MOST_ADDRESSES];
    size_t n, n_left;
    uint16_t port;
    struct timer deadline;
    bool is_running;
    int64_t started_ms; /* monotonic */
};

/* Try again when the last time is long enough ago, or another port was tried; port 0: not at all.
 */
void exposure_ask(struct exposure_probe *probe, uint16_t port);
void exposure_cancel(struct exposure_probe *probe);
void exposure_show(const struct exposure_probe *probe, struct arena *arena, struct exposure *out);

#endif
