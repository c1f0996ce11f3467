/* engine.h — everything the thread works with. Only files of this room that steer include it; what
 * can be pure is, and lives elsewhere. */
#ifndef API_ENGINE_H
#define API_ENGINE_H

#include "api/api.h"
#include "api/budget.h"
#include "api/credentials.h"
#include "api/fleet.h"
#include "api/gate.h"
#include "api/renewal.h"
#include "api/resource.h"
#include "api/skew.h"

struct calls;
struct fetch;
struct http;

enum {
    ENGINE_DEFAULT_PER_MINUTE = 300, /* a quarter of what an organization may read (facts 10) */
    ENGINE_LATENCIES = 31,           /* answers that the median is taken of */
    ENGINE_RATE_LIMITS = 16,
    ENGINE_RATE_WINDOW_MS = 300000, /* facts 10: double all intervals for that long */
};

/* What is known about one source beyond its tasks. */
struct source_book {
    struct err err;      /* of the newest failure */
    struct err disabled; /* not ERR_NONE: not asked, and why */
    char request_id[64];
    uint32_t round;        /* the pass being made, from 1 */
    uint32_t rounds;       /* passes made */
    uint32_t epoch_rounds; /* ... when the program started or a refresh was wished */
    uint32_t failures;
    int64_t failing_since_ms;
    double jitter; /* of this pass: 0.9 to 1.1 */
};

struct engine {
    const struct api_options *options;
    char *base_url; /* owned */
    struct store *store;
    struct http *http;
    struct budget *budget;
    struct calls *calls; /* borrowed: requests of the ops room */
    struct fleet fleet;
    struct skew skew;
    struct gate gate;

    struct credential *main, *tunnels; /* tunnels: CREDENTIAL_NONE: main is tried */
    struct renewal *main_renewal, *tunnels_renewal;
    bool is_main_accepted; /* the service took it at least once */
    struct err credential_error;

    struct source_book book[SOURCE_COUNT];
    struct source_status published[SOURCE_COUNT];
    struct fetch *fetches;              /* questions in flight, and between two attempts or pages */
    const struct resource *no_limit[8]; /* lists that refused the limit parameter */
    size_t n_no_limit;

    char look_at[FLEET_ID_BYTES]; /* the pool in focus; "" */
    double stretch;               /* what the budget multiplies intervals by */
    int64_t slow_until_ms;        /* monotonic: all intervals are doubled */
    uint32_t random;
    size_t next_wanting; /* where to look for the next session that wants something */

    char workspace_id[64], organization_id[64], last_request_id[64];
    int64_t latency_us[ENGINE_LATENCIES];
    size_t n_latencies;
    int64_t rate_limited_ms[ENGINE_RATE_LIMITS]; /* monotonic; a ring */
    size_t n_rate_limited;
    int64_t rate_limited_until_ms; /* wall */
    int64_t reachable_ms; /* monotonic: the last answer that was no failure of the service */

    int64_t published_ms[SLOT_COUNT], took_ms[SLOT_COUNT]; /* monotonic; how long building took */
    int64_t started_ms, told_ms;                           /* monotonic */
    bool is_settled, service_changed;
};

/* Read the configuration and the environment; everything that can be wrong about them is found
 * here. Starts nothing. options and store are borrowed. */
bool engine_init(struct engine *engine, const struct api_options *options, struct store *store,
                 struct err *err);
void engine_clear(struct engine *engine);

/* The thread's work until stop_fd is readable. */
void engine_run(struct engine *engine, int stop_fd);

/* The credential that a question about subject is asked with, and what renews it (may be NULL). */
struct credential *engine_credential(const struct engine *engine, const struct resource *resource,
                                     const char *subject, struct renewal **renewal);
/* The tunnels are asked for with the main credential, for want of their own. */
bool engine_tunnels_fall_back(const struct engine *engine);

/* Note what every answer tells: time, identity, latency. */
struct http_answer;
void engine_note(struct engine *engine, const struct http_answer *answer);

#endif
