#include "api/schedule.h"

#include <string.h>

#include "core/clock.h"

enum {
    MINUTE_MS = 60000,
    EVENTS_SHARE_PERCENT = 15, /* of the budget that is left for sessions and manual refreshes */
};

int64_t
schedule_align(int64_t due_ms)
{
    return (due_ms + SCHEDULE_GRID_MS - 1) / SCHEDULE_GRID_MS * SCHEDULE_GRID_MS;
}

/* What the operator's interval makes of the default one: all keep their proportion to the fastest.
 */
static int64_t
base_interval_ms(const struct engine *engine, enum source source)
{
    int64_t fastest_ms = INT64_MAX, default_ms = source_interval_ms(source);

    if (engine->options->interval_ms <= 0)
        return default_ms;
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (source_interval_ms((enum source)i) < fastest_ms)
            fastest_ms = source_interval_ms((enum source)i);
    return default_ms * engine->options->interval_ms / fastest_ms;
}

static int64_t
slowed(const struct engine *engine, int64_t interval_ms)
{
    return clock_mono_ms() < engine->slow_until_ms ? interval_ms * 2 : interval_ms;
}

int64_t
schedule_source_interval_ms(const struct engine *engine, enum source source)
{
    double stretched = (double)base_interval_ms(engine, source) * engine->stretch;

    return slowed(engine, (int64_t)stretched);
}

static bool
is_unhealthy(const struct fleet_pool *pool)
{
    return task_failed(&pool->stats) || pool->pending > 0 ||
           (pool->depth > 0 && pool->workers_polling == 0);
}

static bool
is_in_focus(const struct engine *engine, const struct fleet_pool *pool)
{
    return strcmp(engine->look_at, pool->id) == 0;
}

int64_t
schedule_interval_ms(const struct engine *engine, const struct resource *resource,
                     const char *subject)
{
    const struct fleet_pool *pool = *subject && resource->source != SOURCE_certificates
                                        ? fleet_pool(&engine->fleet, subject)
                                        : NULL;
    int64_t base_ms = base_interval_ms(engine, resource->source);

    if (pool && is_in_focus(engine, pool))
        return slowed(engine, resource->source == SOURCE_work ? base_ms / 3 : base_ms / 2);
    if (pool && is_unhealthy(pool) && engine->stretch > 1)
        return slowed(engine, (int64_t)((double)base_ms * (1 + engine->stretch) / 2));
    return schedule_source_interval_ms(engine, resource->source);
}

static double
per_minute(const struct engine *engine, enum source source, size_t requests)
{
    return (double)requests * MINUTE_MS / (double)base_interval_ms(engine, source);
}

static size_t
at_least_one(size_t n)
{
    return n ? n : 1;
}

void
schedule_fit(struct engine *engine)
{
    const struct fleet *fleet = &engine->fleet;
    double share = (double)budget_per_minute(engine->budget) * (100 - EVENTS_SHARE_PERCENT) / 100;
    double sum = per_minute(engine, SOURCE_environments, at_least_one(fleet->environment_pages)) +
                 per_minute(engine, SOURCE_sessions, at_least_one(fleet->sweep_pages)) +
                 per_minute(engine, SOURCE_tunnels, 1) +
                 per_minute(engine, SOURCE_certificates, fleet->tunnels.n);

    for (size_t i = 0; i < fleet->pools.n; i++) {
        const struct fleet_pool *pool = fleet->pools.rows[i];

        sum += pool->stats.is_off ? 0 : per_minute(engine, SOURCE_stats, 1);
        sum += pool->work.is_off ? 0 : per_minute(engine, SOURCE_work, at_least_one(pool->pages));
    }
    engine->stretch = sum > share ? sum / share : 1;
}

/* Choosing */

struct search {
    struct engine *engine;
    int64_t now_ms, wall_ms, next_ms;
    struct choice best;
    int best_rank;
};

static bool
may_ask(const struct search *search, const struct resource *resource, const char *subject)
{
    const struct engine *engine = search->engine;
    const struct credential *credential = engine_credential(engine, resource, subject, NULL);

    if (engine->book[resource->source].disabled.code)
        return false;
    if (!credential_is_ready(credential, search->wall_ms))
        return false;
    /* with a borrowed credential, wait until we know that it is good for what it was made for */
    return resource->key != KEY_TUNNELS || !engine_tunnels_fall_back(engine) ||
           engine->is_main_accepted || engine->fleet.environments.tried_at_ms;
}

/* rank: smaller goes first; among equals the longest due. */
static void
consider(struct search *search, struct choice candidate, int rank)
{
    struct task *task = candidate.task;
    const struct choice *best = &search->best;

    if (task->is_off || task->is_running)
        return;
    if (task->due_ms > search->now_ms) {
        if (task->due_ms < search->next_ms &&
            may_ask(search, candidate.resource, candidate.subject))
            search->next_ms = task->due_ms;
        return;
    }
    if (best->task && (rank > search->best_rank ||
                       (rank == search->best_rank && task->due_ms >= best->task->due_ms)))
        return;
    if (!may_ask(search, candidate.resource, candidate.subject))
        return;
    search->best = candidate;
    search->best_rank = rank;
}

static int
pool_rank(const struct engine *engine, const struct fleet_pool *pool)
{
    if (is_in_focus(engine, pool))
        return 1;
    return is_unhealthy(pool) ? 2 : 3;
}

static void
consider_pools(struct search *search)
{
    struct fleet *fleet = &search->engine->fleet;

    for (size_t i = 0; i < fleet->pools.n; i++) {
        struct fleet_pool *pool = fleet->pools.rows[i];
        int rank = pool_rank(search->engine, pool);

        consider(search, (struct choice){&resource_stats, pool->id, &pool->stats}, rank);
        consider(search, (struct choice){&resource_work, pool->id, &pool->work}, rank);
    }
}

static void
consider_lists(struct search *search)
{
    struct fleet *fleet = &search->engine->fleet;

    consider(search, (struct choice){&resource_environments, "", &fleet->environments}, 0);
    consider(search, (struct choice){&resource_sessions, "", &fleet->sweep}, 0);
    consider(search, (struct choice){&resource_tunnels, "", &fleet->tunnel_list}, 0);
    for (size_t i = 0; i < fleet->tunnels.n; i++) {
        struct fleet_tunnel *tunnel = fleet->tunnels.rows[i];

        if (!tunnel->is_archived)
            consider(search, (struct choice){&resource_certificates, tunnel->id, &tunnel->task}, 4);
    }
}

/* The next session, in turn, whose details or events are wanted. Sessions of no pool of ours are
 * not worth a request. */
static void
consider_sessions(struct search *search)
{
    struct engine *engine = search->engine;
    struct fleet *fleet = &engine->fleet;

    for (size_t i = 0; i < fleet->sessions.n && fleet->wanted > 0 && !search->best.task; i++) {
        size_t at = (engine->next_wanting + i) % fleet->sessions.n;
        struct fleet_session *session = fleet->sessions.rows[at];

        if (session->is_details_wanted) {
            consider(search, (struct choice){&resource_session, session->id, &session->details}, 5);
        } else if (session->is_events_wanted) {
            if (fleet->environments.ok_at_ms && !fleet_pool(fleet, session->pool_id))
                fleet_want_events(fleet, session, false);
            else
                consider(search, (struct choice){&resource_events, session->id, &session->events},
                         5);
        }
        if (search->best.task)
            engine->next_wanting = at;
    }
}

bool
schedule_next(struct engine *engine, int64_t now_ms, struct choice *out, int64_t *next_ms)
{
    struct search search = {
        .engine = engine, .now_ms = now_ms, .wall_ms = clock_wall_ms(), .next_ms = INT64_MAX};

    consider_lists(&search);
    if (!search.best.task || search.best_rank > 0)
        consider_pools(&search);
    if (!search.best.task)
        consider_sessions(&search);
    *out = search.best;
    *next_ms = search.next_ms;
    return search.best.task != NULL;
}
