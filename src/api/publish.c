#include "api/publish.h"

#include <stdlib.h>
#include <string.h>

#include "api/rounds.h"
#include "api/rows.h"
#include "api/schedule.h"
#include "core/arena.h"
#include "core/clock.h"

enum {
    PUBLISH_EVERY_MS = 200,
    PUBLISH_EARLY_MS = 15, /* in the first second: the first picture must be quick */
    EARLY_MS = 1000,
    PUBLISH_SHARE = 20, /* building rows may take a twentieth of the time */
};

static int
compare_latencies(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t
median_latency_us(const struct engine *engine)
{
    int64_t sorted[ENGINE_LATENCIES];
    size_t n = engine->n_latencies < ENGINE_LATENCIES ? engine->n_latencies : ENGINE_LATENCIES;

    if (n == 0)
        return -1;
    memcpy(sorted, engine->latency_us, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare_latencies);
    return sorted[n / 2];
}

static uint32_t
count_rate_limits(const struct engine *engine)
{
    size_t n =
        engine->n_rate_limited < ENGINE_RATE_LIMITS ? engine->n_rate_limited : ENGINE_RATE_LIMITS;
    int64_t now_ms = clock_mono_ms();
    uint32_t recent = 0;

    for (size_t i = 0; i < n; i++)
        recent += now_ms - engine->rate_limited_ms[i] < ENGINE_RATE_WINDOW_MS;
    return recent;
}

static void
publish_service(struct engine *engine)
{
    struct arena *arena = arena_new();
    struct service *row = arena_alloc(arena, sizeof(*row));

    *row = (struct service){
        .base_url = arena_strdup(arena, engine->base_url),
        .workspace_id = arena_strdup(arena, engine->workspace_id),
        .organization_id = arena_strdup(arena, engine->organization_id),
        .credential = arena_strdup(arena, engine->main->origin),
        .last_request_id = arena_strdup(arena, engine->last_request_id),
        .budget_per_minute = budget_per_minute(engine->budget),
        .used_last_minute = budget_used(engine->budget, clock_mono_ms()),
        .clock_offset_ms = skew_ms(&engine->skew),
        .has_clock_offset = engine->skew.is_known,
        .latency_us = median_latency_us(engine),
        .rate_limited_until_ms = engine->rate_limited_until_ms,
        .rate_limited_count = count_rate_limits(engine),
        .stretch = engine->stretch,
        .is_settled = engine->is_settled,
    };
    store_publish(engine->store, SLOT_service, arena, row, 1);
}

static void
publish_slot(struct engine *engine, enum slot slot)
{
    int64_t offset_ms = skew_ms(&engine->skew);

    if (slot == SLOT_pools)
        rows_publish_pools(engine->store, &engine->fleet, offset_ms);
    else if (slot == SLOT_jobs)
        rows_publish_jobs(engine->store, &engine->fleet, offset_ms, clock_wall_ms());
    else
        rows_publish_tunnels(engine->store, &engine->fleet, offset_ms);
}

/* When this slot may be published again. */
static int64_t
slot_ready_ms(const struct engine *engine, enum slot slot, int64_t now_ms)
{
    bool is_early = now_ms - engine->started_ms < EARLY_MS;
    int64_t gap_ms = is_early ? PUBLISH_EARLY_MS : PUBLISH_EVERY_MS;
    int64_t fair_ms = engine->took_ms[slot] * PUBLISH_SHARE;

    if (!engine->published_ms[slot])
        return now_ms;
    return engine->published_ms[slot] + (fair_ms > gap_ms ? fair_ms : gap_ms);
}

/* Publish what changed and is ready; returns when the next one is. */
static int64_t
publish_slots(struct engine *engine, bool is_forced)
{
    struct {
        enum slot slot;
        bool *changed;
    } slots[] = {
        {SLOT_pools, &engine->fleet.pools_changed},
        {SLOT_jobs, &engine->fleet.jobs_changed},
        {SLOT_tunnels, &engine->fleet.tunnels_changed},
    };
    int64_t next_ms = INT64_MAX;

    for (size_t i = 0; i < COUNT_OF(slots); i++) {
        int64_t before_ms = clock_mono_ms();
        int64_t ready_ms = slot_ready_ms(engine, slots[i].slot, before_ms);

        if (!*slots[i].changed)
            continue;
        if (ready_ms > before_ms && !is_forced) {
            next_ms = ready_ms < next_ms ? ready_ms : next_ms;
            continue;
        }
        publish_slot(engine, slots[i].slot);
        *slots[i].changed = false;
        engine->published_ms[slots[i].slot] = clock_mono_ms();
        engine->took_ms[slots[i].slot] = clock_mono_ms() - before_ms;
        engine->service_changed = true; /* the budget moved with it */
    }
    return next_ms;
}

int64_t
publish_news(struct engine *engine)
{
    bool was_settled = engine->is_settled;
    int64_t now_ms = clock_mono_ms(), next_ms;

    if (engine->told_ms && now_ms - engine->told_ms < PUBLISH_EARLY_MS)
        return engine->told_ms + PUBLISH_EARLY_MS;
    engine->told_ms = now_ms;
    schedule_fit(engine);
    next_ms = publish_slots(engine, false);
    rounds_update(engine);
    if (engine->is_settled && !was_settled)
        next_ms = publish_slots(engine, true);
    if (engine->service_changed)
        publish_service(engine);
    engine->service_changed = false;
    return next_ms;
}
