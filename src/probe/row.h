/* row.h — one row of the connectivity pane: a target, a protocol and a family, over all addresses
 * of the name, with its history. */
#ifndef PROBE_ROW_H
#define PROBE_ROW_H

#include "probe/attempt.h"
#include "probe/dns.h"
#include "probe/handshakes.h"
#include "probe/meter.h"

enum row_look {
    LOOK_light,  /* the next address */
    LOOK_sweep,  /* every address, wholly where politeness allows it (handshakes.h) */
    LOOK_wished, /* every address wholly: somebody wants to know */
};

struct row;

struct place { /* one address of the name */
    struct row *row;
    struct attempt attempt;
    struct attempt_result last; /* a light attempt renews its network part only */
    struct fault deep;          /* what the last handshake that was answered said */
    bool is_known;
    unsigned n_silent; /* looks in a row without an answer to version negotiation; 0: no doubt about
                          it (doubt.h) */
};

struct row {
    /* what it is; borrowed from the target */
    struct tools *tools;
    const char *target;
    enum check_kind kind;
    int family;
    const char *url, *tls_name; /* NULL: no such stage */
    const char *proxy;          /* through which it is asked; NULL */
    const char *other_name;     /* to compare with when that one fails; NULL */
    struct row *neighbour;      /* the edge over the other protocol and the same family; NULL */
    void (*changed)(void *context, bool is_done); /* a result came; is_done: the look is over */
    void *context;
    /* what is known */
    struct fault dns_fault;
    int64_t dns_us; /* -1: the host is an address */
    struct place places[DNS_ADDRESSES];
    size_t n_places;
    size_t latest; /* the place measured last */
    struct handshakes handshakes;
    size_t n_sweeps;      /* that were begun: whose turn it is to be left out, for one */
    unsigned n_mute;      /* looks in which handshakes passed and version negotiation never did */
    int64_t mute_next_ms; /* of clock_mono_ms: the next handshake of a mute row */
    struct series rtt_trend;
    uint32_t sent[SERIES_POINTS], lost[SERIES_POINTS]; /* in step with rtt_trend */
    int64_t at_ms, failing_since_ms, last_failure_ms;
    /* loss and jitter */
    bool wants_check;     /* row_check, once the round under way is over */
    bool wants_whole;     /* what row_check began was cut off: the next look does it */
    bool wants_meter;     /* as soon as the look under way, or the next one, is over */
    bool waits_for_meter; /* no look is over before it was measured */
    struct meter *meter;  /* owned; NULL when it does not run */
    struct meter_result metered;
    struct check_burst burst; /* the same, as it is shown, with its history */
    /* the look under way */
    size_t next, running;
    bool is_extra;       /* it belongs to no round: changed is never called with is_done */
    bool is_closer;      /* a light look found a change, and now all addresses are looked at */
    bool spends_reserve; /* somebody asks, or an address has come into doubt */
    bool is_confirmed;   /* an address that did not fail before gives no answer to a handshake */
    bool has_negotiated, has_passed_mute; /* version negotiation was answered; a handshake passed
                                             where it was not */
    struct timer idle;                    /* there is nothing to measure this time */
    int64_t look_rtt_us;
    uint32_t look_sent, look_lost;
};

/* The addresses of the name, from now on; results of those that stay are kept. Not while the row is
 * looking. */
void row_resolved(struct row *row, const struct address *addresses, size_t n, uint16_t port);
/* The name could not be resolved: the row fails with that. */
void row_unresolved(struct row *row, const struct fault *fault);

/* Measure; row->changed follows from the loop. False when no address is known: changed is not
 * called. */
bool row_look(struct row *row, enum row_look look);
/* Measure every address wholly, and loss and jitter, outside any round; nothing when that is under
 * way. False when no address is known. */
bool row_check(struct row *row);
/* What was wanted and not finished, the next look does. */
void row_cancel(struct row *row);

/* It was tried, and nothing of our own was in the way. */
bool place_is_measured(const struct place *place);
/* A weakness (fault.h) is no failure. */
bool place_is_failing(const struct place *place);
/* How many places failed at their last attempt, and how many are known at all. */
size_t row_failing(const struct row *row, size_t *n_known);
/* Its addresses never answer version negotiation, so that only handshakes tell anything. */
bool row_is_mute(const struct row *row);

#endif
