/* stats.c — the queue statistics of one pool: the cheap question that is asked most often. */
#include "api/api.h"
#include "api/resource.h"
#include "core/json.h"

static struct task *
task(struct fleet *fleet, const char *subject)
{
    struct fleet_pool *pool = fleet_pool(fleet, subject);

    return pool ? &pool->stats : NULL;
}

/* How long a condition has held in every sample so far. */
static int64_t
since(int64_t since_ms, bool holds, int64_t now_ms)
{
    if (!holds)
        return 0;
    return since_ms ? since_ms : now_ms;
}

/* Those that poll and those that work, against what the operator configured. */
static bool
is_below_expected(const struct fleet_pool *pool)
{
    int64_t workers = pool->workers_polling;

    if (!pool->configured || pool->configured->expected_workers <= 0 || workers < 0)
        return false;
    for (size_t i = 0; i < pool->items.n; i++) {
        const struct fleet_work *work = pool->items.rows[i];

        workers += work->kind == JOB_STATE_active || work->kind == JOB_STATE_starting;
    }
    return workers < pool->configured->expected_workers;
}

static bool
item(struct reading *reading, const struct json *item)
{
    struct fleet_pool *pool = fleet_pool(reading->fleet, reading->subject);
    int64_t depth = json_int(item, "depth", -1), pending = json_int(item, "pending", -1);

    if (depth < 0 || !pool)
        return false;
    pool->depth = depth;
    pool->pending = pending;
    pool->workers_polling = json_int(item, "workers_polling", -1); /* nullable: not known */
    pool->oldest_service_ms = resource_time(item, "oldest_queued_at");
    pool->stats_at_ms = reading->now_ms;
    pool->pending_since_ms = since(pool->pending_since_ms, pending > 0, reading->now_ms);
    pool->pending_samples = pending > 0 ? pool->pending_samples + 1 : 0;
    pool->idle_since_ms = since(pool->idle_since_ms, pool->workers_polling == 0, reading->now_ms);
    pool->below_expected_since_ms =
        since(pool->below_expected_since_ms, is_below_expected(pool), reading->now_ms);
    series_add(&pool->depth_trend, depth > INT32_MAX ? INT32_MAX : (int32_t)depth);
    fleet_keep(&pool->stats_error, "", 1);
    reading->fleet->pools_changed = true;
    return true;
}

static void
failed(struct reading *reading, const struct err *err)
{
    struct fleet_pool *pool = fleet_pool(reading->fleet, reading->subject);

    if (!pool)
        return;
    series_add(&pool->depth_trend, SERIES_UNKNOWN);
    fleet_keep(&pool->stats_error, err->message, FLEET_TITLE_BYTES);
    reading->fleet->pools_changed = true;
}

const struct resource resource_stats = {
    .what = "the queue statistics",
    .path = "/v1/environments/%s/work/stats",
    .query = "",
    .beta = BETA_AGENTS,
    .scope = "the scope workspace:developer",
    .source = SOURCE_stats,
    .key = KEY_MAIN,
    .most_pages = 1,
    .item = item,
    .failed = failed,
    .task = task,
};
