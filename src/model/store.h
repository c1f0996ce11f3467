/* store.h — the only meeting place of threads: slots of immutable rows, the freshness of sources,
 * and wishes.
 *
 * Writers publish datasets; readers take snapshots. A dataset owns its rows and their strings
 * through its arena and never changes after store_publish. A failed attempt changes a source's
 * status and never the rows, so that the last truth stays, with its age and its error. All
 * functions may be called on any thread. */
#ifndef MODEL_STORE_H
#define MODEL_STORE_H

#include "core/err.h"
#include "model/check.h"
#include "model/connector.h"
#include "model/control.h"
#include "model/job.h"
#include "model/op_order.h"
#include "model/pool.h"
#include "model/proxy.h"
#include "model/service.h"
#include "model/tunnel.h"
#include "model/upstream.h"
#include "model/wish.h"

enum slot {
#define SLOT(id, row) SLOT_##id,
#include "model/slots.def"
#undef SLOT
    SLOT_COUNT
};

enum source {
#define SOURCE(id, name, what, interval_s) SOURCE_##id,
#include "model/sources.def"
#undef SOURCE
    SOURCE_COUNT
};

enum source_state {
    SOURCE_STATE_waiting,  /* never tried */
    SOURCE_STATE_ok,       /* the last attempt succeeded */
    SOURCE_STATE_error,    /* the last attempt failed; data may still be there, with its age */
    SOURCE_STATE_disabled, /* not configured, or the service does not offer it to us */
};

struct source_status {
    enum source_state state;
    enum err_code code;  /* why the last attempt failed, or why it is disabled */
    char error[240];     /* one line; "" when ok */
    char request_id[64]; /* of the failed request; "" */
    int64_t ok_at_ms;    /* wall: when everything it covers was last true; 0: never */
    int64_t tried_at_ms; /* wall */
    int64_t interval_ms; /* how often it is asked now, budget and back-off included */
    uint32_t failures;   /* in a row */
    int64_t failing_since_ms;
    uint32_t rounds; /* complete passes, good or bad */
    uint32_t parts,
        parts_ok; /* for a source of many requests: pools, and those read in the last pass */
};

struct store;
struct arena;

/* Caller frees with store_free, after all threads that use it have ended and all snapshots were
 * released. */
struct store *store_new(void);
void store_free(struct store *store);

/* Replace the rows of a slot; takes ownership of the arena, which owns rows and strings. Wakes
 * readers. */
void store_publish(struct store *store, enum slot slot, struct arena *arena, const void *rows,
                   size_t n);
/* Replace what is known about a source. Wakes readers when anything but times changed. */
void store_source(struct store *store, enum source source, const struct source_status *status);

/* Readable (an eventfd) when something was published since the last store_woken. Borrowed. */
int store_wake_fd(const struct store *store);
void store_woken(struct store *store);
/* Make store_wake_fd readable. */
void store_wake(struct store *store);

struct rows {
    const void *rows;
    size_t n;
    uint64_t version; /* grows with every publish of the slot; 0: never published */
};

/* One reference per slot: everything in it belongs to the same moment and stays valid until
 * released. */
struct snapshot {
    struct rows slot[SLOT_COUNT];
    struct source_status source[SOURCE_COUNT];
    uint64_t version;                  /* changes whenever any slot or source changed */
    const void *reference[SLOT_COUNT]; /* the store's own */
};

void store_snapshot(struct store *store, struct snapshot *out);
void store_release(struct store *store, struct snapshot *snapshot);

/* Typed access: const struct pool *rows = snapshot_pools(&snapshot, &n); */
#define SLOT(id, row)                                                                              \
    static inline const row *snapshot_##id(const struct snapshot *snapshot, size_t *n)             \
    {                                                                                              \
        *n = snapshot->slot[SLOT_##id].n;                                                          \
        return (const row *)snapshot->slot[SLOT_##id].rows;                                        \
    }
#include "model/slots.def"
#undef SLOT

const char *source_name(enum source source);
const char *source_what(enum source source);
int64_t source_interval_ms(enum source source);         /* the default */
const char *source_state_name(enum source_state state); /* ok error disabled waiting */

/* Older than two of its intervals. */
bool source_is_stale(const struct source_status *status, int64_t now_ms);

/* Wishes: see wish.h. False when the queue is full; the caller says so. */
bool store_wish(struct store *store, enum wish_for whom, const struct wish *wish);
bool store_take_wish(struct store *store, enum wish_for whom, struct wish *out);
/* Hand an order to the ops room; takes ownership, also when the queue is full (false). */
bool store_order(struct store *store, struct op_order *order);
/* Readable while wishes wait for that taker. Borrowed. */
int store_wish_fd(const struct store *store, enum wish_for whom);

#endif
